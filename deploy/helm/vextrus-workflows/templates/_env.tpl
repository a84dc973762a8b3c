{{- /* A variable whose value is a key of the Secret. */ -}}
{{- define "vextrus.secretEnv" -}}
- name: {{ index . 1 }}
  valueFrom: {secretKeyRef: {name: {{ index . 0 }}, key: {{ index . 2 }}}}
{{- end -}}

{{- /* By what a component ("worker", "facade" or "jobs") is let into Temporal, its own before that of all: the API key's name in the
Secret, or the Secret of a certificate. [root, component] */ -}}
{{- define "vextrus.temporalApiKey" -}}
{{- $keys := (index . 0).Values.secrets.keys -}}
{{- default $keys.temporalApiKey (get $keys.temporalApiKeys (index . 1)) -}}
{{- end -}}

{{- define "vextrus.temporalCertificate" -}}
{{- $temporal := (index . 0).Values.temporal -}}
{{- default $temporal.clientCertificateSecret (get $temporal.clientCertificateSecrets (index . 1)) -}}
{{- end -}}

{{- /* How a component reaches Temporal: [root, component, whether Temporal's worker controller sets the rest itself] */ -}}
{{- define "vextrus.temporalEnv" -}}
{{- $root := index . 0 -}}
{{- $is := index . 1 -}}
{{- $isControlled := index . 2 -}}
{{- $temporal := $root.Values.temporal -}}
{{- if not $isControlled }}
- {name: TEMPORAL_ADDRESS, value: {{ $temporal.address | quote }}}
- {name: TEMPORAL_NAMESPACE, value: {{ $temporal.namespace | quote }}}
{{- if or $temporal.tls.enabled (ne $temporal.auth "none") }}
- {name: TEMPORAL_TLS, value: "true"}
{{- end }}
{{- if eq $temporal.auth "apiKey" }}
{{ include "vextrus.secretEnv" (list $root.Values.secrets.name "TEMPORAL_API_KEY" (include "vextrus.temporalApiKey" (list $root $is))) }}
{{- else if eq $temporal.auth "mtls" }}
- {name: TEMPORAL_TLS_CLIENT_CERT_PATH, value: /etc/vextrus/temporal-client/tls.crt}
- {name: TEMPORAL_TLS_CLIENT_KEY_PATH, value: /etc/vextrus/temporal-client/tls.key}
{{- end }}
{{- else if and $temporal.tls.enabled (eq $temporal.auth "none") }}
- {name: TEMPORAL_TLS, value: "true"}
{{- end }}
{{- with $temporal.tls.serverName }}
- {name: TEMPORAL_TLS_SERVER_NAME, value: {{ . | quote }}}
{{- end }}
{{- if $temporal.tls.caSecret }}
- {name: TEMPORAL_TLS_SERVER_CA_CERT_PATH, value: /etc/vextrus/temporal-ca/ca.crt}
{{- end }}
{{- end -}}

{{- /* What every process of ours is told: worker, facade and the jobs. */ -}}
{{- define "vextrus.env" -}}
{{- $root := index . 0 -}}
{{- $secret := index . 1 -}}
{{- $keys := $root.Values.secrets.keys -}}
{{ include "vextrus.secretEnv" (list $secret "VEXTRUS_LEDGER_ADDRESS" $keys.ledgerAddress) }}
{{- with $keys.ledgerReplicaAddress }}
{{ include "vextrus.secretEnv" (list $secret "VEXTRUS_LEDGER_REPLICA_ADDRESS" .) }}
{{- end }}
- {name: PGSSLMODE, value: {{ $root.Values.ledger.sslMode | quote }}}
{{- if $root.Values.ledger.caSecret }}
- {name: PGSSLROOTCERT, value: /etc/vextrus/ledger-ca/ca.crt}
{{- end }}
{{- range $section, $settings := $root.Values.config }}
{{- range $key, $value := $settings }}
{{- /* Numbers of values are floats, and a large one would be written with an exponent. */}}
- {name: {{ printf "VEXTRUS_%s_%s" (upper $section) (upper $key) }}, value: {{ ternary (printf "%.0f" $value) (toString $value) (kindIs "float64" $value) | quote }}}
{{- end }}
{{- end }}
{{- range $name, $key := $root.Values.secrets.env }}
{{ include "vextrus.secretEnv" (list $secret $name $key) }}
{{- end }}
{{- if $keys.codecKeys }}
- {name: VEXTRUS_CODEC_KEYS_FILE, value: {{ printf "/etc/vextrus/secrets/%s" $keys.codecKeys }}}
{{- end }}
{{- end -}}

{{- /* The files of the Secret that a program is told of: [setting, name of the key] pairs. */ -}}
{{- define "vextrus.workerFiles" -}}
{{- $keys := .Values.secrets.keys -}}
{{- list (list "AUDIT_KEY_FILE" $keys.auditKey) (list "NOTIFY_WEBHOOK_SECRET_FILE" $keys.webhookSecrets)
  (list "NOTIFY_SMTP_CREDENTIALS_FILE" $keys.smtpCredentials) (list "NOTIFY_SMTP_ROOT_FILE" $keys.smtpRoot)
  (list "NOTIFY_KAFKA_ROOT_FILE" $keys.kafkaRoot) (list "NOTIFY_KAFKA_CLIENT_FILE" $keys.kafkaClient)
  (list "NOTIFY_KAFKA_PROPERTIES_FILE" $keys.kafkaProperties) (list "ADAPTERS_SECRET_FILE" $keys.adapterSecrets) | toJson -}}
{{- end -}}

{{- define "vextrus.facadeFiles" -}}
{{- list (list "SIGNING_KEY_FILE" .Values.secrets.keys.signingKey) | toJson -}}
{{- end -}}

{{- define "vextrus.fileEnv" -}}
{{- range . }}
{{- if index . 1 }}
- {name: VEXTRUS_{{ index . 0 }}, value: {{ printf "/etc/vextrus/secrets/%s" (index . 1) }}}
{{- end }}
{{- end }}
{{- end -}}

{{- /* [root, name of the Secret, files of the program, component, whether its certificate for Temporal is ours to mount] */ -}}
{{- define "vextrus.volumes" -}}
{{- $root := index . 0 -}}
{{- $secret := index . 1 -}}
{{- $items := list -}}
{{- range index . 2 -}}{{- if index . 1 -}}{{- $items = append $items (index . 1) -}}{{- end -}}{{- end -}}
{{- with $root.Values.secrets.keys.codecKeys -}}{{- $items = append $items . -}}{{- end -}}
{{- with $items }}
- name: secrets
  secret:
    secretName: {{ $secret }}
    defaultMode: 0440
    items:
      {{- range . }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- with $root.Values.ledger.caSecret }}
- name: ledger-ca
  secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- with $root.Values.temporal.tls.caSecret }}
- name: temporal-ca
  secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- if and (index . 4) (eq $root.Values.temporal.auth "mtls") }}
- name: temporal-client
  secret: {secretName: {{ include "vextrus.temporalCertificate" (list $root (index . 3)) }}, defaultMode: 0440}
{{- end }}
{{- end -}}

{{- define "vextrus.mounts" -}}
{{- range (include "vextrus.volumes" . | fromYamlArray) }}
- {name: {{ .name }}, mountPath: /etc/vextrus/{{ .name }}, readOnly: true}
{{- end }}
{{- end -}}
