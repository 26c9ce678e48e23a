{{/*
Environment of a workload: {root, name, facts, values}. First what comes from elsewhere ($(…) in later values refers to it),
then the computed settings under the person's own, each name once.
*/}}
{{- define "hejnal.env" -}}
{{- $p := .facts.prefix -}}
{{- $V := .root.Values -}}
{{- $release := .root.Release.Name -}}
{{- $env := dict -}}
{{- $_ := set $env "KAFKA_BOOTSTRAP" (include "hejnal.kafka.bootstrap" .root) -}}
{{- $_ := set $env "TOPIC_PREFIX" $V.kafka.topicPrefix -}}
{{- $_ := set $env "INTERNAL_HOST" "0.0.0.0" -}}
{{- $_ := set $env "INTERNAL_PORT" "9000" -}}
{{- $_ := set $env "TOKEN_KEY_FILE" (printf "/etc/hejnal/tokens/%s.pem" .facts.program) -}}
{{- $_ := set $env "TRUSTED_JWKS_FILE" "/etc/hejnal/tokens/jwks.json" -}}
{{- with $V.monitoring.otlpEndpoint }}{{ $_ := set $env "OTLP_ENDPOINT" . }}{{ end -}}
{{- $protocol := include "hejnal.kafka.protocol" .root -}}
{{- $_ := set $env "KAFKA_SECURITY_PROTOCOL" $protocol -}}
{{- if eq $protocol "SASL_SSL" -}}
{{- $_ := set $env "KAFKA_SASL_MECHANISM" $V.kafka.saslMechanism -}}
{{- $_ := set $env "KAFKA_USER" (.values.kafka.user | default (printf "%s-%s" $release .facts.user)) -}}
{{- $_ := set $env "KAFKA_PASSWORD_FILE" "/etc/hejnal/kafka/password" -}}
{{- end -}}
{{- if (include "hejnal.kafka.ca" .root | fromJson).name }}{{ $_ := set $env "KAFKA_CA_FILE" "/etc/hejnal/kafka-ca/ca.crt" }}{{ end -}}
{{- if and .facts.role .values.databaseSecret (include "hejnal.database.host" .root) -}}
{{- $_ := set $env "DATABASE_URL" (printf "postgresql+asyncpg://$(DATABASE_USER):$(DATABASE_PASSWORD)@%s:%d/%s" (include "hejnal.database.host" .root) (int $V.database.port) $V.database.name) -}}
{{- end -}}
{{- if .facts.door -}}
{{- $_ := set $env "PUBLIC_HOST" "0.0.0.0" -}}
{{- $_ := set $env "PUBLIC_PORT" "8080" -}}
{{- with (index $V.doors .facts.door).host }}{{ $_ := set $env "PUBLIC_URL" (print "https://" .) }}{{ end -}}
{{- if $V.map.existingClaim }}{{ $_ := set $env "MAP_FILE" (print "/usr/share/hejnal-map/" $V.map.file) }}{{ end -}}
{{- end -}}
{{- $url := printf "http://%s-%s:9000" $release -}}
{{- if eq .name "ingest" -}}
{{- $_ := set $env "INGEST_ID" "$(POD_NAME)" -}}
{{- $_ := set $env "ADVERTISED_URL" (printf "http://$(POD_NAME).%s-ingest-pods:9000" $release) -}}
{{- $_ := set $env "GATEWAY_URL" (printf "http://%s-operator-gateway:9000" $release) -}}
{{- $_ := set $env "SPOOL_DIR" "/var/lib/hejnal/spool" -}}
{{- else if eq .facts.program "recorder" -}}
{{- $_ := set $env "ARCHIVE_DIR" "/var/lib/hejnal/archive" -}}
{{- $_ := set $env "EXPORTS_DIR" (ternary "/var/lib/hejnal-exports" "/var/lib/hejnal/exports" (and (eq .name "recorder") $V.evidence.persistence.enabled)) -}}
{{- $_ := set $env "EXPORT_ORGANISATION" $V.evidence.organisation -}}
{{- if eq .name "recorder" -}}
{{- if $V.sharedFootage.enabled }}{{ $_ := set $env "SPOOL_DIR" "/var/lib/hejnal/spool" }}{{ end -}}
{{- if $V.evidence.existingSecret }}{{ $_ := set $env "EXPORT_KEYS_DIR" "/etc/hejnal/evidence" }}{{ end -}}
{{- with $V.evidence.verifierDir }}{{ $_ := set $env "EXPORT_VERIFIER_DIR" . }}{{ end -}}
{{- else -}}
{{- $_ := set $env "STANDBY" "true" -}}
{{- $_ := set $env "GROUP" "recorder-second" -}}
{{- end -}}
{{- else if eq .name "notifier" -}}
{{- $_ := set $env "INSTANCE" "$(POD_NAME)" -}}
{{- $_ := set $env "STATE_DIR" "/var/lib/hejnal/state" -}}
{{- $_ := set $env "VAPID_KEY_FILE" "/etc/hejnal/keys/vapid.pem" -}}
{{- else if eq .name "citizen-api" -}}
{{- $_ := set $env "PHOTO_DIR" "/var/lib/hejnal/photos" -}}
{{- $_ := set $env "NOTIFIER_URL" (printf "http://%s-notifier:9000" $release) -}}
{{- $_ := set $env "VAPID_PUBLIC_KEY_FILE" "/etc/hejnal/keys/vapid.pub" -}}
{{- $_ := set $env "SECRETS_KEY_FILE" "/etc/hejnal/keys/citizen-secrets.key" -}}
{{- else if eq .name "operator-gateway" -}}
{{- $_ := set $env "CREDENTIALS_KEY_FILE" "/etc/hejnal/keys/at-rest.key" -}}
{{- $_ := set $env "INGEST_URLS" (list (printf "http://%s-ingest:9000" $release) | toJson) -}}
{{- $_ := set $env "RECORDER_URL" (printf "http://%s-recorder:9000" $release) -}}
{{- if (index $V.services "recorder-standby").enabled }}{{ $_ := set $env "RECORDER_STANDBY_URLS" (list (printf "http://%s-recorder-standby:9000" $release) | toJson) }}{{ end -}}
{{- $_ := set $env "CITIZEN_URL" (printf "http://%s-citizen-api:9000" $release) -}}
{{- $_ := set $env "NOTIFIER_URL" (printf "http://%s-notifier:9000" $release) -}}
{{- $_ := set $env "LIVE_WORKER_URL" "http://$(POD_IP):9000" -}}
{{- $_ := set $env "RTC_HOSTS" "[\"0.0.0.0\"]" -}}
{{- $_ := set $env "RTC_PORT" ($V.live.rtcPort | int | toString) -}}
{{- if $V.live.announce }}{{ $_ := set $env "RTC_ANNOUNCE" (toJson $V.live.announce) }}
{{- else if $V.live.hostPort }}{{ $_ := set $env "RTC_ANNOUNCE" "[\"$(NODE_IP)\"]" }}{{ end -}}
{{- $turn := $V.live.turnUrls -}}
{{- if $V.coturn.enabled }}{{ $turn = append $turn (printf "turn:%s:%d?transport=udp" $V.coturn.host (int $V.coturn.port)) }}{{ end -}}
{{- with $turn }}{{ $_ := set $env "TURN_URLS" (toJson .) }}{{ end -}}
{{- end -}}
{{- $all := dict -}}
{{- range $name, $value := $env }}{{ $_ := set $all (print $p $name) $value }}{{ end -}}
{{- if and .facts.door $V.doors.trustedProxies }}{{ $_ := set $all "FORWARDED_ALLOW_IPS" (join "," $V.doors.trustedProxies) }}{{ end -}}
{{- range $name, $value := .values.env }}{{ $_ := set $all $name (toString $value) }}{{ end -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_IP
  valueFrom: {fieldRef: {fieldPath: status.podIP}}
- name: NODE_IP
  valueFrom: {fieldRef: {fieldPath: status.hostIP}}
{{- if hasKey $env "DATABASE_URL" }}
- name: DATABASE_USER
  valueFrom: {secretKeyRef: {name: {{ .values.databaseSecret }}, key: username}}
- name: DATABASE_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ .values.databaseSecret }}, key: password}}
{{- end }}
{{- if and (eq .name "operator-gateway") $V.coturn.enabled }}
- name: HEJNAL_GATEWAY_TURN_SECRET
  valueFrom: {secretKeyRef: {name: {{ $V.coturn.existingSecret }}, key: secret}}
{{- end }}
{{- range $name, $value := $all }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}

{{- define "hejnal.envFrom" -}}
{{- with .values.existingSecret }}
envFrom:
  - secretRef: {name: {{ . }}}
{{- end }}
{{- end -}}

{{/* Mounts that every container of a workload has. */}}
{{- define "hejnal.mounts" -}}
- {name: tokens, mountPath: /etc/hejnal/tokens, readOnly: true}
{{- if or .facts.door (eq .name "notifier") }}
- {name: keys, mountPath: /etc/hejnal/keys, readOnly: true}
{{- end }}
{{- if eq (include "hejnal.kafka.protocol" .root) "SASL_SSL" }}
- {name: kafka, mountPath: /etc/hejnal/kafka, readOnly: true}
{{- end }}
{{- if (include "hejnal.kafka.ca" .root | fromJson).name }}
- {name: kafka-ca, mountPath: /etc/hejnal/kafka-ca, readOnly: true}
{{- end }}
{{- if .values.filesSecret }}
- {name: files, mountPath: /etc/hejnal/files, readOnly: true}
{{- end }}
- {name: tmp, mountPath: /tmp}
{{- end -}}

{{- define "hejnal.volumes" -}}
- name: tokens
  secret:
    secretName: {{ .root.Values.tokens.existingSecret }}
    defaultMode: 0440
    items:
      - {key: {{ .facts.program }}.pem, path: {{ .facts.program }}.pem}
      - {key: jwks.json, path: jwks.json}
{{- with get (dict "operator-gateway" (list "at-rest.key") "notifier" (list "vapid.pem") "citizen-api" (list "vapid.pub" "citizen-secrets.key")) .name }}
- name: keys
  secret:
    secretName: {{ $.root.Values.keys.existingSecret }}
    defaultMode: 0440
    items:
      {{- range . }}
      - {key: {{ . }}, path: {{ . }}}
      {{- end }}
{{- end }}
{{- if eq (include "hejnal.kafka.protocol" .root) "SASL_SSL" }}
- name: kafka
  secret:
    secretName: {{ .values.kafka.existingSecret | default (printf "%s-%s" .root.Release.Name .facts.user) }}
    defaultMode: 0440
    items: [{key: password, path: password}]
{{- end }}
{{- $ca := include "hejnal.kafka.ca" .root | fromJson }}
{{- if $ca.name }}
- name: kafka-ca
  secret: {secretName: {{ $ca.name }}, defaultMode: 0440, items: [{key: {{ $ca.key }}, path: ca.crt}]}
{{- end }}
{{- with .values.filesSecret }}
- name: files
  secret: {secretName: {{ . }}, defaultMode: 0440}
{{- end }}
- name: tmp
  emptyDir: {}
{{- end -}}
