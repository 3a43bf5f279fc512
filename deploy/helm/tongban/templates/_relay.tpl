{{/* What the process that speaks to other sites has besides: its identity, its two doors, its way out. */}}

{{/* Whether a component is that process: relay, or the one pod that holds it. */}}
{{- define "tongban.relays" -}}
{{- if and .root.Values.relay.identity (eq .name (ternary "relay" (include "tongban.edge" .root) (eq .root.Values.shape "services"))) }}true{{ end -}}
{{- end -}}

{{- define "tongban.relay.env" -}}
{{- $relay := .root.Values.relay }}
- {name: TONGBAN_RELAY_IDENTITY_DIR, value: /etc/tongban/relay}
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
