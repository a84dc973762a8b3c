{{- /* The policy of a component's pods: [root, component] */ -}}
{{- define "vextrus.networkPolicy" -}}
podSelector:
  matchLabels:
    {{- include "vextrus.selector" . | nindent 4 }}
policyTypes: [Ingress, Egress]
{{ include "vextrus.network" . }}
{{- end -}}

{{- /* What may come in and go out: [root, component]. No peers, no rule: nothing. */ -}}
{{- define "vextrus.network" -}}
{{- $root := index . 0 -}}
{{- $is := index . 1 -}}
{{- $from := $root.Values.networkPolicy.from -}}
{{- $in := list -}}
{{- $tests := list (dict "podSelector" (dict "matchLabels" (include "vextrus.selector" (list $root "tests") | fromYaml))) -}}
{{- $watching := concat $from.monitoring $tests -}}
{{- if eq $is "worker" -}}
{{- $in = append $in (dict "from" $watching "ports" (list 9464)) -}}
{{- else if eq $is "facade" -}}
{{- $in = append $in (dict "from" $watching "ports" (list 9465)) -}}
{{- with $from.facade -}}{{- $in = append $in (dict "from" . "ports" (list 7300)) -}}{{- end -}}
{{- if $root.Values.facade.codec.enabled -}}{{- with $from.codec -}}{{- $in = append $in (dict "from" . "ports" (list 7301)) -}}{{- end -}}{{- end -}}
{{- end -}}
{{- $out := list -}}
{{- range $root.Values.networkPolicy.to -}}
{{- if and (has $is .components) .peers -}}{{- $out = append $out . -}}{{- end -}}
{{- end -}}
{{- if $in -}}
ingress:
  {{- range $in }}
  - from:
      {{- toYaml .from | nindent 6 }}
    ports:
      {{- range .ports }}
      - {protocol: TCP, port: {{ . }}}
      {{- end }}
  {{- end }}
{{ end -}}
egress:
  - to:
      {{- toYaml $root.Values.networkPolicy.dns | nindent 6 }}
    ports:
      - {protocol: UDP, port: 53}
      - {protocol: TCP, port: 53}
  {{- range $out }}
  - to:
      {{- toYaml .peers | nindent 6 }}
    ports:
      {{- range .ports }}
      - {protocol: TCP, port: {{ . }}}
      {{- end }}
  {{- end }}
  {{- if eq $is "tests" }}
  - to:
      {{- range list "worker" "facade" }}
      - podSelector: {matchLabels: {{ include "vextrus.selector" (list $root .) | fromYaml | toJson }}}
      {{- end }}
    ports:
      - {protocol: TCP, port: 9464}
      - {protocol: TCP, port: 9465}
  {{- end }}
{{- end -}}
