{{- define "hejnal.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .service | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hejnal.selector" -}}
app.kubernetes.io/name: {{ .service }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "hejnal.labels" -}}
{{ include "hejnal.selector" . }}
app.kubernetes.io/part-of: hejnal
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "hejnal.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}{{ .service }}:{{ $image.tag | default .root.Chart.AppVersion -}}
{{- end -}}

{{/* Environment prefix of a service's settings. */}}
{{- define "hejnal.prefix" -}}
{{- get (dict "ingest" "HEJNAL_INGEST_" "recorder" "HEJNAL_RECORDER_" "notifier" "HEJNAL_NOTIFIER_" "citizen-api" "HEJNAL_CITIZEN_" "operator-gateway" "HEJNAL_GATEWAY_") .service -}}
{{- end -}}

{{- define "hejnal.package" -}}
{{- get (dict "ingest" "hejnal_ingest" "recorder" "hejnal_recorder" "notifier" "hejnal_notifier" "citizen-api" "hejnal_citizen" "operator-gateway" "hejnal_gateway") .service -}}
{{- end -}}

{{/* Settings every workload of a service gets, and its own. */}}
{{- define "hejnal.env" -}}
{{- $prefix := include "hejnal.prefix" . -}}
{{- $values := index .root.Values.services .service -}}
- {name: {{ $prefix }}KAFKA_BOOTSTRAP, value: {{ .root.Values.kafka.bootstrap | quote }}}
- {name: {{ $prefix }}TOPIC_PREFIX, value: {{ .root.Values.kafka.topicPrefix | quote }}}
- {name: {{ $prefix }}INTERNAL_HOST, value: "0.0.0.0"}
- {name: {{ $prefix }}INTERNAL_PORT, value: "9000"}
- {name: {{ $prefix }}TOKEN_KEY_FILE, value: /etc/hejnal/tokens/{{ .service }}.pem}
- {name: {{ $prefix }}TRUSTED_JWKS_FILE, value: /etc/hejnal/tokens/jwks.json}
{{- if has .service (list "citizen-api" "operator-gateway") }}
- {name: {{ $prefix }}PUBLIC_HOST, value: "0.0.0.0"}
- {name: {{ $prefix }}PUBLIC_PORT, value: "8080"}
{{- end }}
{{- if eq .service "operator-gateway" }}
{{- $live := .root.Values.live }}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: NODE_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
- {name: {{ $prefix }}LIVE_WORKER_URL, value: "http://$(POD_IP):9000"}
- {name: {{ $prefix }}RTC_HOSTS, value: '["0.0.0.0"]'}
- {name: {{ $prefix }}RTC_PORT, value: {{ $live.rtcPort | quote }}}
{{- if or $live.announce $live.hostPort }}
- {name: {{ $prefix }}RTC_ANNOUNCE, value: {{ if $live.announce }}{{ toJson $live.announce | squote }}{{ else }}'["$(NODE_IP)"]'{{ end }}}
{{- end }}
{{- with $live.turnUrls }}
- {name: {{ $prefix }}TURN_URLS, value: {{ toJson . | squote }}}
{{- end }}
{{- end }}
{{- if eq .service "recorder" }}
- {name: {{ $prefix }}ARCHIVE_DIR, value: /var/lib/hejnal/archive}
- {name: {{ $prefix }}EXPORTS_DIR, value: {{ if .root.Values.evidence.persistence.enabled }}/var/lib/hejnal-exports{{ else }}/var/lib/hejnal/exports{{ end }}}
- {name: {{ $prefix }}EXPORT_ORGANISATION, value: {{ .root.Values.evidence.organisation | quote }}}
{{- if .root.Values.evidence.existingSecret }}
- {name: {{ $prefix }}EXPORT_KEYS_DIR, value: /etc/hejnal/evidence}
{{- end }}
{{- with .root.Values.evidence.verifierDir }}
- {name: {{ $prefix }}EXPORT_VERIFIER_DIR, value: {{ . | quote }}}
{{- end }}
{{- end }}
{{- range $name, $value := $values.env }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end -}}

{{- define "hejnal.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hejnal.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{- define "hejnal.claim" -}}
- metadata: {name: {{ .name }}}
  spec:
    accessModes: [ReadWriteOnce]
    {{- with .values.storageClass }}
    storageClassName: {{ . }}
    {{- end }}
    resources: {requests: {storage: {{ .values.size }}}}
{{- end -}}
