{{- /* A job round an install or upgrade: [root, what]. `what` has name, hooks, weight, deadline, args of the command line, and retries
where it may begin anew: not for the gate, which would say the same, nor for a rollout that was taken back. */ -}}
{{- define "vextrus.job" -}}
{{- $root := index . 0 -}}
{{- $what := index . 1 -}}
{{- $own := $root.Values.jobs -}}
{{- $secret := $root.Values.secrets.name -}}
{{- $named := list $root $secret list "jobs" true -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ include "vextrus.fullname" $root }}-{{ $what.name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "vextrus.labels" (list $root "jobs") | nindent 4 }}
  annotations:
    helm.sh/hook: {{ $what.hooks }}
    helm.sh/hook-weight: {{ $what.weight | quote }}
    # One that failed stays, to be read, until the next time.
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: {{ default 0 $what.retries }}
  # A node that is emptied is no failure of the job's.
  podFailurePolicy:
    rules:
      - action: Ignore
        onPodConditions: [{type: DisruptionTarget, status: "True"}]
  activeDeadlineSeconds: {{ $what.deadline }}
  ttlSecondsAfterFinished: {{ $own.ttlSecondsAfterFinished }}
  template:
    metadata:
      labels:
        {{- include "vextrus.selector" (list $root "jobs") | nindent 8 }}
        {{- with $own.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with include "vextrus.podMeta" (list $root "jobs") | trim }}{{ . | nindent 6 }}{{ end }}
    spec:
      restartPolicy: Never
      serviceAccountName: {{ include "vextrus.fullname" $root }}-jobs
      {{- include "vextrus.podBase" $root | nindent 6 }}
      {{- with include "vextrus.placing" $own | trim }}{{ . | nindent 6 }}{{ end }}
      containers:
        - name: {{ $what.name }}
          image: {{ include "vextrus.image" (list $root $root.Values.image.cli) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: {{ toJson $what.args }}
          env:
            {{- with include "vextrus.temporalEnv" (list $root "jobs" false) | trim }}{{ . | nindent 12 }}{{ end }}
            {{- if $root.Values.versions.enabled }}
            - {name: TEMPORAL_DEPLOYMENT_NAME, value: {{ $root.Values.versions.deployment | quote }}}
            {{- end }}
            {{- include "vextrus.env" (list $root $secret) | nindent 12 }}
          resources:
            {{- toYaml $own.resources | nindent 12 }}
          securityContext:
            {{- include "vextrus.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            {{- with include "vextrus.mounts" $named | trim }}{{ . | nindent 12 }}{{ end }}
            - {name: files, mountPath: /work, readOnly: true}
      volumes:
        {{- with include "vextrus.volumes" $named | trim }}{{ . | nindent 8 }}{{ end }}
        # What operators give a command to read, where .github/scripts/fleet.py runs one as this job is run.
        - name: files
          configMap: {name: {{ include "vextrus.fullname" $root }}-files, optional: true}
{{- end -}}
