{{- /* The alerts, of this release's namespace alone: with several fleets under one Prometheus, each would otherwise alarm for the others, and
a sum knows no namespace any more. So each metric is asked for in it, and each alert bears it. What follows a metric's name tells it from a
label's: `{`, `[`, `)`, a blank or the end. */ -}}
{{- define "vextrus.rules" -}}
{{- $asked := printf "${1}{namespace=%q}${2}" .Release.Namespace -}}
{{- $groups := list -}}
{{- range (.Files.Get "files/rules/vextrus.yaml" | fromYaml).groups -}}
{{- $rules := list -}}
{{- range .rules -}}
{{- $expr := regexReplaceAll `\b(up|(?:vextrus|temporal|rpc|db)_\w+)([{\[) ]|$)` .expr $asked | replace "}{" "," -}}
{{- $labels := merge (dict "namespace" $.Release.Namespace) .labels -}}
{{- $rules = append $rules (merge (dict "expr" $expr "labels" $labels) .) -}}
{{- end -}}
{{- $groups = append $groups (merge (dict "rules" $rules) .) -}}
{{- end -}}
{{- toYaml (dict "groups" $groups) -}}
{{- end -}}
