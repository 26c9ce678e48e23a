{{/*
The pod that makes backups, or with restores the one that brings one back: {root, restores}. What it keeps it only reads; what it
restores it writes, as a superuser of the database and with the private key.
*/}}
{{- define "hejnal.backup.pod" -}}
{{- $root := .root -}}
{{- $restores := .restores -}}
{{- $V := $root.Values -}}
{{- $b := $V.backup -}}
{{- $w := dict "root" $root "name" "backup" "program" "backup" -}}
{{- $full := include "hejnal.fullname" $w -}}
{{- $citizen := index $V.services "citizen-api" }}
{{- $photos := and $b.photos $citizen.enabled $citizen.persistence.enabled }}
{{- $photosClaim := $citizen.persistence.existingClaim | default (print $root.Release.Name "-citizen-api") }}
{{- $folders := dict }}
{{- if and $b.keys (not $restores) }}{{ $_ := set $folders "keys" "/etc/hejnal/keys" }}{{ end }}
{{- if $photos }}{{ $_ := set $folders "photos" "/var/lib/hejnal/photos" }}{{ end }}
{{- $keys := dict }}
{{- if and $b.keys (not $restores) }}
{{- $keys = dict "tokens" $V.tokens.existingSecret "keys" $V.keys.existingSecret }}
{{- with $V.evidence.existingSecret }}{{ $_ := set $keys "evidence" . }}{{ end }}
{{- end }}
{{- $account := $b.databaseSecret }}
{{- if $restores }}{{ $account = $b.restore.databaseSecret | default (print $root.Release.Name "-postgres-superuser") }}{{ end }}
{{- $env := dict }}
{{- $_ := set $env "DATABASE_URL" (printf "postgresql://$(DATABASE_USER):$(DATABASE_PASSWORD)@%s:%d/%s" (include "hejnal.database.host" $root) (int $V.database.port) $V.database.name) }}
{{- $_ := set $env "FOLDERS" (toJson $folders) }}
{{- $_ := set $env "RECIPIENTS_FILE" "/etc/hejnal/recipients/recipients" }}
{{- $_ := set $env "TARGET" ($b.destination | default "/var/backups/hejnal/town") }}
{{- $_ := set $env "KEEP_DAILY" $b.keep.daily }}
{{- $_ := set $env "KEEP_WEEKLY" $b.keep.weekly }}
{{- $_ := set $env "KEEP_MONTHLY" $b.keep.monthly }}
{{- if $b.destination }}
{{- $_ := set $env "S3_ENDPOINT" $b.endpoint }}
{{- $_ := set $env "S3_REGION" $b.region }}
{{- $_ := set $env "S3_ACCESS_KEY_FILE" "/etc/hejnal/store/ACCESS_KEY_ID" }}
{{- $_ := set $env "S3_SECRET_KEY_FILE" "/etc/hejnal/store/SECRET_ACCESS_KEY" }}
{{- end }}
{{- $all := dict }}
{{- range $name, $value := $env }}{{ $_ := set $all (print "HEJNAL_BACKUP_" $name) (toString $value) }}{{ end }}
{{- range $name, $value := $b.env }}{{ $_ := set $all $name (toString $value) }}{{ end -}}
restartPolicy: Never
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "hejnal.podSecurity" $w | nindent 2 }}
{{- with $V.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: backup
    image: {{ include "hejnal.image" $w }}
    imagePullPolicy: {{ $V.image.pullPolicy }}
    {{- if $restores }}
    args: [restore, {{ $b.restore.from | quote }}, --identity=/etc/hejnal/safe/identity, --report={{ ternary "/var/lib/hejnal" "/tmp" (not (not $photos)) }}/restored.json]
    {{- else }}
    args: [make]
    {{- end }}
    env:
      - name: DATABASE_USER
        valueFrom: {secretKeyRef: {name: {{ $account }}, key: username}}
      - name: DATABASE_PASSWORD
        valueFrom: {secretKeyRef: {name: {{ $account }}, key: password}}
      {{- range $name, $value := $all }}
      - {name: {{ $name }}, value: {{ $value | quote }}}
      {{- end }}
    resources: {{- toYaml $b.resources | nindent 6 }}
    securityContext: {{- include "hejnal.containerSecurity" $w | nindent 6 }}
    volumeMounts:
      - {name: recipients, mountPath: /etc/hejnal/recipients, readOnly: true}
      {{- range $name, $_ := $keys }}
      - {name: keys-{{ $name }}, mountPath: /etc/hejnal/keys/{{ $name }}, readOnly: true}
      {{- end }}
      {{- if $photos }}
      - {name: photos, mountPath: /var/lib/hejnal, readOnly: {{ not $restores }}}
      {{- end }}
      {{- if $b.destination }}
      - {name: store, mountPath: /etc/hejnal/store, readOnly: true}
      {{- else }}
      - {name: target, mountPath: /var/backups/hejnal}
      {{- end }}
      {{- if $restores }}
      - {name: safe, mountPath: /etc/hejnal/safe, readOnly: true}
      {{- end }}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: recipients
    configMap: {name: {{ $full }}}
  {{- range $name, $secret := $keys }}
  - name: keys-{{ $name }}
    secret: {secretName: {{ $secret }}, defaultMode: 0440}
  {{- end }}
  {{- if $photos }}
  - name: photos
    persistentVolumeClaim: {claimName: {{ $photosClaim }}}
  {{- end }}
  {{- if $b.destination }}
  - name: store
    secret: {secretName: {{ $b.existingSecret }}, defaultMode: 0440}
  {{- else }}
  - name: target
    persistentVolumeClaim: {claimName: {{ $b.persistence.existingClaim | default $full }}}
  {{- end }}
  {{- if $restores }}
  - name: safe
    secret: {secretName: {{ $b.restore.identitySecret }}, defaultMode: 0440}
  {{- end }}
  - name: tmp
    emptyDir: {}
{{- with $b.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $b.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $b.affinity }}
affinity: {{- toYaml $b.affinity | nindent 2 }}
{{- else if and $photos (not $restores) (eq $citizen.persistence.accessMode "ReadWriteOnce") }}
affinity:
  # the volume of photos is attached to one node
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
      - topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels: {{- include "hejnal.selector" (dict "root" $root "name" "citizen-api") | nindent 12 }}
{{- end }}
{{- end -}}
