{{/* What the process that speaks to other sites has besides: its identity, its two doors, its way out. */}}

{{/* Whether a component is that process: relay, or the one pod that holds it. */}}
{{- define "tongban.relays" -}}
{{- if and .root.Values.relay.identity (eq .name (ternary "relay" (include "tongban.edge" .root) (eq .root.Values.shape "services"))) }}true{{ end -}}
{{- end -}}

{{- define "tongban.relay.env" -}}
{{- $relay := .root.Values.relay }}
- {name: TONGBAN_RELAY_IDENTITY_DIR, value: /etc/tongban/relay}
{{- if eq .root.Values.shape "services" }}
- {name: TONGBAN_RELAY_SCRATCH_DIR, value: /tmp}
{{- end }}
{{- if $relay.lines.enabled }}
- {name: TONGBAN_RELAY_LISTEN, value: "0.0.0.0:{{ $relay.lines.port }}"}
{{- end }}
{{- if $relay.partners.enabled }}
- {name: TONGBAN_RELAY_PARTNER_HOST, value: "0.0.0.0"}
- {name: TONGBAN_RELAY_PARTNER_PORT, value: {{ $relay.partners.port | quote }}}
- {name: TONGBAN_RELAY_PARTNER_URL, value: {{ $relay.partners.url | quote }}}
{{- end }}
{{- end -}}

{{- define "tongban.relay.ports" -}}
{{- $relay := .root.Values.relay }}
{{- if $relay.lines.enabled }}
- {name: lines, containerPort: {{ $relay.lines.port }}}
{{- end }}
{{- if $relay.partners.enabled }}
- {name: partners, containerPort: {{ $relay.partners.port }}}
{{- end }}
{{- end -}}

{{- define "tongban.relay.ingress" -}}
{{- $relay := .root.Values.relay }}
{{- if $relay.lines.enabled }}
- ports: [{port: lines}]
  {{- with $relay.lines.from }}
  from:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- if $relay.partners.enabled }}
- ports: [{port: partners}]
  from:
    {{- toYaml $relay.partners.from | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "tongban.relay.egress" -}}
{{- with .root.Values.relay.dials }}
{{- if .ports }}
{{ include "tongban.egressTo" (dict "peers" .peers "ports" .ports) }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The name in the address that partners use. */}}
{{- define "tongban.relay.partnersHost" -}}
{{- .Values.relay.partners.url | trimPrefix "https://" | splitList ":" | first -}}
{{- end -}}

{{/* The Gateways that a route hangs on: its own, else those of `gatewayApi`. */}}
{{- define "tongban.relay.parents" -}}
{{- if .route.parentRefs -}}
{{- toYaml .route.parentRefs -}}
{{- else if .root.Values.gatewayApi.create.enabled -}}
- {name: {{ include "tongban.fullname" (dict "root" .root "name" (include "tongban.edge" .root)) }}, sectionName: {{ .listener }}}
{{- else -}}
{{- toYaml .root.Values.gatewayApi.parentRefs -}}
{{- end -}}
{{- end -}}

{{/* What the Gateway that the chart makes listens to besides. */}}
{{- define "tongban.relay.listeners" -}}
{{- with .Values.relay.partners }}
{{- if and .enabled .gatewayApi.enabled (not .gatewayApi.parentRefs) }}
- name: partners
  protocol: HTTPS
  port: 443
  hostname: {{ include "tongban.relay.partnersHost" $ }}
  tls:
    mode: Terminate
    certificateRefs: [{name: {{ .gatewayApi.tls.secret }}}]
  allowedRoutes: {namespaces: {from: Same}}
{{- end }}
{{- end }}
{{- with .Values.relay.lines }}
{{- if and .enabled .gatewayApi.enabled (not .gatewayApi.parentRefs) }}
- name: lines
  protocol: TLS
  port: {{ .port }}
  hostname: {{ $.Values.site.name }}
  tls: {mode: Passthrough}
  allowedRoutes: {namespaces: {from: Same}, kinds: [{kind: TLSRoute}]}
{{- end }}
{{- end }}
{{- end -}}
