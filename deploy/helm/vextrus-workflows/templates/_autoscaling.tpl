{{- /* Up within a minute of the load; down only after it has been quiet for long, one pod at a time. */ -}}
{{- define "vextrus.scaling" -}}
scaleUp:
  stabilizationWindowSeconds: 0
  selectPolicy: Max
  policies:
    - {type: Pods, value: {{ .Values.autoscaling.scaleUpPods }}, periodSeconds: 15}
    - {type: Percent, value: 100, periodSeconds: 15}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownStabilizationSeconds }}
  selectPolicy: Max
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{- /* The metrics of an HPA: [root, "worker" or "facade"]. The most that any of them asks for counts, so that where
work runs there are workers for it, however little CPU it takes. */ -}}
{{- define "vextrus.hpaMetrics" -}}
{{- $root := index . 0 -}}
{{- $is := index . 1 -}}
{{- $own := (get $root.Values $is).autoscaling -}}
- {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: {{ $own.cpu }}}}}
- {type: Resource, resource: {name: memory, target: {type: Utilization, averageUtilization: {{ $own.memory }}}}}
{{- if $root.Values.autoscaling.hpa.customMetrics }}
{{- if eq $is "worker" }}
- {type: Pods, pods: {metric: {name: temporal_worker_task_slots_used}, target: {type: AverageValue, averageValue: {{ $own.runningTasks | toString | quote }}}}}
{{- else }}
- {type: Pods, pods: {metric: {name: rpc_server_calls_per_second}, target: {type: AverageValue, averageValue: {{ $own.callsPerSecond | toString | quote }}}}}
{{- end }}
{{- end }}
{{- end -}}

{{- /* The Deployments that are scaled: [name, "worker" or "facade", worker] */ -}}
{{- define "vextrus.scaled" -}}
{{- $scaled := list (dict "name" (printf "%s-facade" (include "vextrus.fullname" .)) "is" "facade") -}}
{{- if not .Values.temporal.workerController.enabled -}}
{{- range $worker := (include "vextrus.workers" . | fromJson).items -}}
{{- $scaled = append $scaled (dict "name" $worker.name "is" "worker" "worker" $worker) -}}
{{- end -}}
{{- end -}}
{{- toJson (dict "items" $scaled) -}}
{{- end -}}
