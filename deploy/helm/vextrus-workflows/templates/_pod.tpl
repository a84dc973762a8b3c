{{- define "vextrus.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.pod.user }}
runAsGroup: {{ .Values.pod.user }}
fsGroup: {{ .Values.pod.user }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "vextrus.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- /* What pods of every kind have. A Service called vextrus-facade would put VEXTRUS_FACADE_… into their environment, hence no links. */ -}}
{{- define "vextrus.podBase" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "vextrus.podSecurity" . | nindent 2 }}
{{- end -}}

{{- /* [root, labels that the pods of one Deployment share] */ -}}
{{- define "vextrus.spread" -}}
{{- $spread := (index . 0).Values.spread -}}
{{- $labels := index . 1 -}}
topologySpreadConstraints:
  {{- range list (list "topology.kubernetes.io/zone" $spread.zone) (list "kubernetes.io/hostname" $spread.node) }}
  - maxSkew: 1
    topologyKey: {{ index . 0 }}
    whenUnsatisfiable: {{ index . 1 }}
    labelSelector: {matchLabels: {{ toJson $labels }}}
    {{- /* Those of an earlier rollout are about to go, and do not count. */}}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
affinity:
  podAntiAffinity:
    {{- if eq $spread.antiAffinity "required" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector: {matchLabels: {{ toJson $labels }}}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector: {matchLabels: {{ toJson $labels }}}
    {{- end }}
{{- end -}}

{{- /* A start may wait for the database and bring its tables up; a look costs nothing, so it is looked often. */ -}}
{{- define "vextrus.probes" -}}
startupProbe:
  httpGet: {path: /health/startup, port: http-admin}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 150
livenessProbe:
  httpGet: {path: /health/live, port: http-admin}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 3
readinessProbe:
  httpGet: {path: /health/ready, port: http-admin}
  periodSeconds: 5
  timeoutSeconds: 2
  failureThreshold: 2
{{- end -}}

{{- define "vextrus.placing" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The annotations of a component's pods: [root, component]. What stands in these values and is read at the start alone restarts
whoever reads it, when it changes. Settings are in the pod's own environment, a JWKS is read again, and each job is a new pod. */ -}}
{{- define "vextrus.podMeta" -}}
{{- $root := index . 0 -}}
{{- $is := index . 1 -}}
{{- $sums := dict -}}
{{- if and (ne $is "jobs") (eq $root.Values.secrets.source "plain") -}}
{{- $sums = set $sums "checksum/secrets" (include "vextrus.secretSpec" (list $root "Owner") | sha256sum) -}}
{{- end -}}
{{- if and (eq $is "facade") $root.Values.permissions -}}
{{- $sums = set $sums "checksum/permissions" (sha256sum $root.Values.permissions) -}}
{{- end -}}
{{- with merge (dict) $sums (get $root.Values $is).podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* The pods of a Deployment of workers: [root, one of vextrus.workers, whether Temporal's controller runs them] */ -}}
{{- define "vextrus.workerPod" -}}
{{- $root := index . 0 -}}
{{- $worker := index . 1 -}}
{{- $isControlled := index . 2 -}}
{{- $own := $root.Values.worker -}}
{{- $secret := $root.Values.secrets.name -}}
{{- $files := include "vextrus.workerFiles" $root | fromJsonArray -}}
{{- $selector := merge (include "vextrus.selector" (list $root "worker") | fromYaml) (ternary dict (include "vextrus.workerLabels" $worker | fromYaml) $isControlled) -}}
{{- $named := list $root $secret $files "worker" (not $isControlled) -}}
metadata:
  labels:
    {{- toYaml $selector | nindent 4 }}
    {{- with $own.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with include "vextrus.podMeta" (list $root "worker") | trim }}{{ . | nindent 2 }}{{ end }}
spec:
  serviceAccountName: {{ include "vextrus.fullname" $root }}-worker
  {{- include "vextrus.podBase" $root | nindent 2 }}
  terminationGracePeriodSeconds: {{ $own.terminationGracePeriodSeconds }}
  {{- include "vextrus.spread" (list $root $selector) | nindent 2 }}
  {{- with include "vextrus.placing" $own | trim }}{{ . | nindent 2 }}{{ end }}
  containers:
    - name: worker
      image: {{ include "vextrus.image" (list $root $worker.image) }}
      imagePullPolicy: {{ $root.Values.image.pullPolicy }}
      ports:
        - {name: http-admin, containerPort: 9464, protocol: TCP}
      env:
        {{- with include "vextrus.temporalEnv" (list $root "worker" $isControlled) | trim }}{{ . | nindent 8 }}{{ end }}
        {{- if and $root.Values.versions.enabled (not $isControlled) }}
        - {name: TEMPORAL_DEPLOYMENT_NAME, value: {{ $root.Values.versions.deployment | quote }}}
        - {name: TEMPORAL_WORKER_BUILD_ID, value: {{ $worker.build | quote }}}
        {{- end }}
        {{- include "vextrus.env" (list $root $secret) | nindent 8 }}
        - {name: VEXTRUS_WORKER_ADMIN_LISTEN, value: "0.0.0.0:9464"}
        {{- if gt (len $own.groups) 1 }}
        - {name: VEXTRUS_WORKER_TASK_QUEUES, value: {{ join "," $worker.taskQueues | quote }}}
        {{- end }}
        {{- with include "vextrus.fileEnv" $files | trim }}{{ . | nindent 8 }}{{ end }}
        {{- with $own.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "vextrus.probes" $root | nindent 6 }}
      resources:
        {{- toYaml $own.resources | nindent 8 }}
      securityContext:
        {{- include "vextrus.containerSecurity" $root | nindent 8 }}
      volumeMounts:
        {{- with include "vextrus.mounts" $named | trim }}{{ . | nindent 8 }}{{ end }}
        {{- with $own.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    {{- with include "vextrus.volumes" $named | trim }}{{ . | nindent 4 }}{{ end }}
    {{- with $own.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}
