{{- define "hejnal.fullname" -}}
{{- printf "%s-%s" .root.Release.Name .name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "hejnal.selector" -}}
app.kubernetes.io/name: {{ .name }}
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
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}{{ .program }}:{{ $image.tag | default .root.Chart.AppVersion -}}
{{- end -}}

{{/*
What is fixed about each workload. callers: who may ask its internal door; outside: TCP ports it may reach beyond the cluster.
*/}}
{{- define "hejnal.facts" -}}
ingest:
  {program: ingest, user: ingest, prefix: HEJNAL_INGEST_, kind: StatefulSet, role: "", door: "",
   callers: [operator-gateway, recorder, recorder-standby], outside: []}
recorder:
  {program: recorder, user: recorder, prefix: HEJNAL_RECORDER_, kind: StatefulSet, role: hejnal_recorder, door: "",
   callers: [operator-gateway], outside: [80, 443]}
recorder-standby:
  {program: recorder, user: recorder-second, prefix: HEJNAL_RECORDER_, kind: StatefulSet, role: "", door: "",
   callers: [operator-gateway], outside: []}
notifier:
  {program: notifier, user: notifier, prefix: HEJNAL_NOTIFIER_, kind: StatefulSet, role: hejnal_notifier, door: "",
   callers: [citizen-api, operator-gateway], outside: [25, 443, 465, 587, 993]}
citizen-api:
  {program: citizen-api, user: citizen-api, prefix: HEJNAL_CITIZEN_, kind: Deployment, role: hejnal_citizen, door: citizen,
   callers: [operator-gateway], outside: [443]}
operator-gateway:
  {program: operator-gateway, user: operator-gateway, prefix: HEJNAL_GATEWAY_, kind: Deployment, role: hejnal_gateway, door: operator,
   callers: [ingest, operator-gateway], outside: [443]}
{{- end -}}

{{/* The workloads that are switched on, by name: {facts, values}. */}}
{{- define "hejnal.enabled" -}}
{{- range $name, $facts := include "hejnal.facts" . | fromYaml }}
{{- if (index $.Values.services $name).enabled }}
{{ $name }}: {{ $facts | toJson }}
{{- end }}
{{- end }}
{{- end -}}

{{- define "hejnal.kafka.bootstrap" -}}
{{- if .Values.kafka.bootstrap }}{{ .Values.kafka.bootstrap }}{{ else }}{{ .Values.strimzi.cluster }}-kafka-bootstrap:9093{{ end -}}
{{- end -}}

{{- define "hejnal.kafka.protocol" -}}
{{- if .Values.strimzi.createCluster }}SASL_SSL{{ else }}{{ .Values.kafka.securityProtocol }}{{ end -}}
{{- end -}}

{{- define "hejnal.kafka.ca" -}}
{{- if .Values.kafka.caSecret.name }}{{ toJson .Values.kafka.caSecret -}}
{{- else if .Values.strimzi.createCluster }}{{ dict "name" (print .Values.strimzi.cluster "-cluster-ca-cert") "key" "ca.crt" | toJson -}}
{{- else }}{{ dict "name" "" "key" "" | toJson }}{{ end -}}
{{- end -}}

{{/* Users that Strimzi makes: KafkaUser and Secret are called <release>-<user>. */}}
{{- define "hejnal.kafka.users" -}}
{{- $users := .Values.strimzi.outsideUsers -}}
{{- range $_, $facts := include "hejnal.enabled" . | fromYaml }}{{ $users = append $users $facts.user }}{{ end -}}
{{- $users | toJson -}}
{{- end -}}

{{/* Ports of Kafka's brokers, for network policies. */}}
{{- define "hejnal.kafka.ports" -}}
{{- $ports := list -}}
{{- range splitList "," (include "hejnal.kafka.bootstrap" .) }}{{ $ports = append $ports (. | splitList ":" | last | int) }}{{ end -}}
{{- uniq $ports | toJson -}}
{{- end -}}

{{- define "hejnal.database.host" -}}
{{- if .Values.postgres.enabled }}{{ .Release.Name }}-postgres-rw{{ else }}{{ .Values.database.host }}{{ end -}}
{{- end -}}

{{- define "hejnal.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "hejnal.containerSecurity" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* A claim: {name, values, labels}. */}}
{{- define "hejnal.claimSpec" -}}
accessModes: [{{ .accessMode | default "ReadWriteOnce" }}]
{{- with .storageClass }}
storageClassName: {{ . }}
{{- end }}
resources: {requests: {storage: {{ .size }}}}
{{- end -}}
