{{- /* The keys of the Secret that are in use. */ -}}
{{- define "vextrus.secretKeys" -}}
{{- $used := list -}}
{{- $keys := .Values.secrets.keys -}}
{{- range concat (values (omit $keys "temporalApiKeys")) (values $keys.temporalApiKeys) -}}{{- if . -}}{{- $used = append $used . -}}{{- end -}}{{- end -}}
{{- range $name, $key := .Values.secrets.env -}}{{- $used = append $used $key -}}{{- end -}}
{{- $used | uniq | sortAlpha | toJson -}}
{{- end -}}

{{- /* The Secret or ExternalSecret: [root, creationPolicy]. What is taken away again must leave the Secret to what comes after it. */ -}}
{{- define "vextrus.secretSpec" -}}
{{- $root := index . 0 -}}
{{- $own := $root.Values.secrets -}}
{{- $keys := include "vextrus.secretKeys" $root | fromJsonArray -}}
{{- if eq $own.source "plain" -}}
type: Opaque
stringData:
  {{- range $keys }}
  {{ . }}: {{ required (printf "secrets.plain holds no %s, which secrets.keys or secrets.env names" .) (get $own.plain .) | toJson }}
  {{- end }}
{{- else -}}
spec:
  refreshInterval: {{ $own.external.refreshInterval }}
  secretStoreRef: {kind: {{ $own.external.store.kind }}, name: {{ $own.external.store.name }}}
  target: {name: {{ $own.name }}, creationPolicy: {{ index . 1 }}}
  data:
    {{- range $keys }}
    - secretKey: {{ . }}
      remoteRef: {key: {{ $own.external.remoteKey }}, property: {{ . }}}
    {{- end }}
{{- end -}}
{{- end -}}

{{- define "vextrus.secretHead" -}}
{{- if eq .Values.secrets.source "plain" -}}
apiVersion: v1
kind: Secret
{{- else -}}
apiVersion: external-secrets.io/v1
kind: ExternalSecret
{{- end -}}
{{- end -}}
