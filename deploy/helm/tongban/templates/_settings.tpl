{{/* What processes are told by their environment; kit/settings.py and the adapters' settings say what each means. */}}

{{/* The same for every process of the site. */}}
{{- define "tongban.settings" -}}
TONGBAN_SITE: {{ .Values.site.name | quote }}
TONGBAN_LOG_LEVEL: {{ .Values.site.logLevel | quote }}
TONGBAN_LOG_FORMAT: {{ .Values.site.logFormat | quote }}
{{- with .Values.telemetry }}
{{- if .enabled }}
TONGBAN_TELEMETRY: otlp
TONGBAN_OTLP_ENDPOINT: {{ .endpoint | quote }}
TONGBAN_TRACE_SAMPLE_RATIO: {{ .sampleRatio | quote }}
{{- if .caSecret.name }}
TONGBAN_OTLP_CA_FILE: /etc/tongban/watch/otlp-ca.pem
{{- end }}
{{- if .headersSecret.name }}
TONGBAN_OTLP_HEADERS_FILE: /etc/tongban/watch/otlp.headers
{{- end }}
{{- end }}
{{- end }}
{{- if eq .Values.shape "services" }}
TONGBAN_EMBEDDED: "false"
TONGBAN_STORE: mongodb
TONGBAN_BUS: kafka
TONGBAN_BLOBS: gridfs
TONGBAN_DATA: /var/lib/tongban
TONGBAN_RUN_DIR: /run/tongban
TONGBAN_PUBLIC_KEY_FILE: /etc/tongban/secrets/actor.pub.pem
TONGBAN_SITE_SECRET_FILE: /etc/tongban/secrets/site.secret
TONGBAN_SERVICES: {{ include "tongban.addresses" . | quote }}
{{- include "tongban.settings.kafka" .Values.kafka }}
{{- include "tongban.settings.mongodb" .Values.mongodb }}
{{- if .Values.mutualTls.enabled }}
TONGBAN_TLS_CERT_FILE: /etc/tongban/tls/tls.crt
TONGBAN_TLS_KEY_FILE: /etc/tongban/tls/tls.key
TONGBAN_TLS_CA_FILE: /etc/tongban/tls/ca.crt
{{- end }}
{{- end }}
{{- end -}}

{{/* Where services are: name=host:port, with commas. The names' headless Services give every replica's address. */}}
{{- define "tongban.addresses" -}}
{{- $pairs := list -}}
{{- range $name, $component := .Values.components -}}
{{- if and (eq $component.shape $.Values.shape) (eq ($component.protocol | default "") "grpc") -}}
{{- $host := include "tongban.fullname" (dict "root" $ "name" $name) -}}
{{- $pairs = append $pairs (printf "%s=%s:%v" $name $host $component.port) -}}
{{- end -}}
{{- end -}}
{{- join "," $pairs -}}
{{- end -}}

{{- define "tongban.settings.kafka" }}
TONGBAN_KAFKA_BOOTSTRAP_SERVERS: {{ join "," .bootstrapServers | quote }}
TONGBAN_KAFKA_SECURITY_PROTOCOL: {{ .security | quote }}
TONGBAN_KAFKA_REPLICATION: {{ .replication | quote }}
{{- with .prefix }}
TONGBAN_KAFKA_PREFIX: {{ . | quote }}
{{- end }}
{{- if hasPrefix "SASL" .security }}
TONGBAN_KAFKA_SASL_MECHANISM: {{ .mechanism | quote }}
TONGBAN_KAFKA_USERNAME: {{ .username | quote }}
TONGBAN_KAFKA_PASSWORD_FILE: /etc/tongban/secrets/kafka.password
{{- end }}
{{- if and (hasSuffix "SSL" .security) .caSecret.name }}
TONGBAN_KAFKA_CA_FILE: /etc/tongban/secrets/kafka-ca.pem
{{- end }}
{{- if and (hasSuffix "SSL" .security) .clientSecret.name }}
TONGBAN_KAFKA_CERT_FILE: /etc/tongban/secrets/kafka-client.pem
TONGBAN_KAFKA_KEY_FILE: /etc/tongban/secrets/kafka-client.key
{{- end }}
{{- range $name, $value := .settings }}
TONGBAN_KAFKA_{{ $name | upper }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- define "tongban.settings.mongodb" }}
TONGBAN_MONGO_URI: {{ .uri | quote }}
TONGBAN_MONGO_DATABASE_PREFIX: {{ .databasePrefix | quote }}
{{- if .username }}
TONGBAN_MONGO_USERNAME: {{ .username | quote }}
TONGBAN_MONGO_PASSWORD_FILE: /etc/tongban/secrets/mongodb.password
TONGBAN_MONGO_AUTH_SOURCE: {{ .authSource | quote }}
{{- end }}
{{- if .tls.enabled }}
TONGBAN_MONGO_TLS: "true"
{{- if .tls.caSecret.name }}
TONGBAN_MONGO_TLS_CA_FILE: /etc/tongban/secrets/mongodb-ca.pem
{{- end }}
{{- if .tls.clientSecret.name }}
TONGBAN_MONGO_TLS_CERT_FILE: /etc/tongban/secrets/mongodb-client.pem
{{- end }}
{{- end }}
{{- range $name, $value := .settings }}
TONGBAN_MONGO_{{ $name | upper }}: {{ $value | quote }}
{{- end }}
{{- end -}}

{{/* Whether a component has a port for metrics: the gateway always, so that they don't stand on the public one. The
processes of one pod would quarrel about it. */}}
{{- define "tongban.measured" -}}
{{- if and (eq .root.Values.shape "services") .c.port (or .c.edge .root.Values.monitoring.metrics.enabled) }}true{{ end -}}
{{- end -}}

{{/* What one component is told besides. */}}
{{- define "tongban.env" -}}
{{- $c := .c }}
{{- if eq ($c.protocol | default "") "grpc" }}
- {name: TONGBAN_LISTEN, value: "0.0.0.0:{{ $c.port }}"}
{{- if .root.Values.mutualTls.enabled }}
- {name: TONGBAN_HEALTH_LISTEN, value: "0.0.0.0:{{ add $c.port 1 }}"}
{{- end }}
{{- end }}
{{- if eq ($c.protocol | default "") "http" }}
- {name: TONGBAN_HOST, value: "0.0.0.0"}
- {name: TONGBAN_PORT, value: {{ $c.port | quote }}}
- {name: TONGBAN_BASE_URL, value: {{ .root.Values.site.baseUrl | quote }}}
- {name: TONGBAN_TRUSTED_PROXIES, value: {{ .root.Values.site.trustedProxies | quote }}}
- {name: TONGBAN_CITIZEN_DEMO, value: "false"}
{{- end }}
{{- if and (has "sign" $c.keys) (eq .root.Values.shape "services") }}
- {name: TONGBAN_PRIVATE_KEY_FILE, value: /etc/tongban/secrets/actor.pem}
{{- end }}
{{- if include "tongban.measured" . }}
- {name: TONGBAN_METRICS_LISTEN, value: "0.0.0.0:{{ .root.Values.monitoring.metrics.port }}"}
{{- end }}
{{- if $c.port }}
- {name: TONGBAN_DRAIN_SECONDS, value: {{ $c.stop.drain | quote }}}
- {name: TONGBAN_GRACE_SECONDS, value: {{ $c.stop.grace | quote }}}
{{- end }}
{{- if include "tongban.relays" . }}
{{ include "tongban.relay.env" . | trim }}
{{- end }}
{{- range $name, $value := $c.settings }}
- {name: TONGBAN_{{ $name | upper }}, value: {{ $value | quote }}}
{{- end }}
{{- end -}}
