{{- define "vextrus.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- /* A release that is called vextrus gives vextrus-worker, not vextrus-vextrus-workflows-worker. */ -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (hasPrefix .Release.Name $name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "vextrus.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: {{ default $root.Chart.Name $root.Values.nameOverride }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "vextrus.labels" -}}
{{- $root := index . 0 -}}
{{ include "vextrus.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: vextrus
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "vextrus.image" -}}
{{- $root := index . 0 -}}
{{- $image := index . 1 -}}
{{- $place := printf "%s/%s" (default $root.Values.image.registry $image.registry) $image.repository -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $place $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $place (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* What the workers say that they are: TEMPORAL_WORKER_BUILD_ID. */ -}}
{{- define "vextrus.build" -}}
{{- $build := default (default .Chart.AppVersion .Values.image.worker.tag) .Values.versions.build -}}
{{- if and .Values.versions.enabled .Values.image.worker.digest (not .Values.versions.build) -}}
{{- fail "image.worker.digest says nothing of the build: set versions.build to its commit or version" -}}
{{- end -}}
{{- $build -}}
{{- end -}}

{{- /* A build's id as a part of a name. Other ids of the same sound are kept apart by their hash. */ -}}
{{- define "vextrus.buildName" -}}
{{- $clean := regexReplaceAll "[^a-z0-9]+" (lower .) "-" | trunc 20 | trimAll "-" -}}
{{- ternary $clean (printf "%s-%s" $clean (sha256sum . | trunc 6)) (eq . (replace "-" "." $clean)) -}}
{{- end -}}

{{- /* Every Deployment of workers: each group in the current build and in those that drain. As JSON: templates hand on text alone. */ -}}
{{- define "vextrus.workers" -}}
{{- $root := . -}}
{{- $builds := list (dict "build" (include "vextrus.build" .) "image" .Values.image.worker "current" true) -}}
{{- if and .Values.versions.enabled (not .Values.temporal.workerController.enabled) -}}
{{- range .Values.versions.draining -}}
{{- if eq .build (include "vextrus.build" $root) -}}
{{- fail (printf "versions.draining holds %s, which is the build that is brought in" .build) -}}
{{- end -}}
{{- $image := mergeOverwrite (deepCopy $root.Values.image.worker) (dict "tag" (default .build .tag) "digest" (default "" .digest)) -}}
{{- $builds = append $builds (dict "build" .build "image" $image "current" false) -}}
{{- end -}}
{{- end -}}
{{- $workers := list -}}
{{- range $group, $own := .Values.worker.groups -}}
{{- range $builds -}}
{{- $name := printf "%s-worker" (include "vextrus.fullname" $root) -}}
{{- if gt (len $root.Values.worker.groups) 1 -}}{{- $name = printf "%s-%s" $name $group -}}{{- end -}}
{{- if $root.Values.versions.enabled -}}{{- $name = printf "%s-%s" $name (include "vextrus.buildName" .build) -}}{{- end -}}
{{- $workers = append $workers (dict "name" $name "group" $group "taskQueues" $own.taskQueues "build" .build "image" .image "current" .current) -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "items" $workers) -}}
{{- end -}}

{{- define "vextrus.workerLabels" -}}
vextrus.io/group: {{ .group }}
vextrus.io/build: {{ .build | quote }}
{{- end -}}
