{{/* Who may talk to whom: nothing but the arrows of docs/architecture.md. */}}

{{/* What one component may receive and send; `components.yaml` refuses all the rest. */}}
{{- define "tongban.networkpolicy" }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
  {{- if eq .c.kind "Job" }}
  annotations:
    {{- include "tongban.hook" "-10" | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "tongban.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
  {{- $ingress := include "tongban.ingress" . | trim }}
  {{- if $ingress }}
  ingress:
    {{- $ingress | nindent 4 }}
  {{- else }}
  ingress: []
  {{- end }}
  {{- $egress := include "tongban.egress" . | trim }}
  {{- if $egress }}
  egress:
    {{- $egress | nindent 4 }}
  {{- else }}
  egress: []
  {{- end }}
{{- end -}}

{{- define "tongban.ingress" -}}
{{- $root := .root }}
{{- $name := .name }}
{{- if .c.edge }}
{{- with $root.Values.network.from }}
- from:
    {{- toYaml . | nindent 4 }}
    - podSelector:
        matchLabels:
          {{- include "tongban.selector" (dict "root" $root "name" "test") | nindent 10 }}
  ports: [{port: {{ $.c.protocol }}}]
{{- else }}
- ports: [{port: {{ $.c.protocol }}}]
{{- end }}
{{- else }}
{{- $callers := list }}
{{- range $other, $component := $root.Values.components }}
{{- if and (eq $component.shape $root.Values.shape) (has $name $component.calls) }}
{{- $callers = append $callers $other }}
{{- end }}
{{- end }}
{{- if $callers }}
- from:
    {{- range $callers }}
    - podSelector:
        matchLabels:
          {{- include "tongban.selector" (dict "root" $root "name" .) | nindent 10 }}
    {{- end }}
  ports: [{port: {{ .c.protocol }}}]
{{- end }}
{{- end }}
{{- if include "tongban.relays" . }}
{{- include "tongban.relay.ingress" . }}
{{- end }}
{{- if and (include "tongban.measured" .) $root.Values.network.metricsFrom }}
- from:
    {{- toYaml $root.Values.network.metricsFrom | nindent 4 }}
  ports: [{port: metrics}]
{{- end }}
{{- end -}}

{{- define "tongban.egress" -}}
{{- $root := .root }}
{{- $relays := include "tongban.relays" . }}
{{- $out := or .c.calls .c.uses $root.Values.telemetry.enabled $relays }}
{{- if $out }}
- to:
    {{- toYaml $root.Values.network.dns | nindent 4 }}
  ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end }}
{{- range .c.calls }}
- to:
    - podSelector:
        matchLabels:
          {{- include "tongban.selector" (dict "root" $root "name" .) | nindent 10 }}
  ports: [{port: {{ (get $root.Values.components .).port }}}]
{{- end }}
{{- if has "documents" .c.uses }}
{{ include "tongban.egressTo" (dict "peers" $root.Values.mongodb.peers "ports" (include "tongban.mongodbPorts" $root | fromJsonArray)) }}
{{- end }}
{{- if has "events" .c.uses }}
{{ include "tongban.egressTo" (dict "peers" $root.Values.kafka.peers "ports" (include "tongban.kafkaPorts" $root | fromJsonArray)) }}
{{- end }}
{{- if $relays }}
{{- include "tongban.relay.egress" . }}
{{- end }}
{{- if $root.Values.telemetry.enabled }}
{{ include "tongban.egressTo" (dict "peers" $root.Values.network.collector "ports" (list (regexFind "[0-9]+$" $root.Values.telemetry.endpoint))) }}
{{- end }}
{{- end -}}

{{- define "tongban.egressTo" -}}
- ports: [{{- range $index, $port := .ports }}{{ if $index }}, {{ end }}{port: {{ $port }}}{{ end }}]
  {{- with .peers }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "tongban.kafkaPorts" -}}
{{- $ports := list -}}
{{- range .Values.kafka.bootstrapServers -}}{{- $ports = append $ports (regexFind "[0-9]+$" .) -}}{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}

{{/* Ports of a mongodb:// address; the usual one where it names none, or where names tell them (mongodb+srv). */}}
{{- define "tongban.mongodbPorts" -}}
{{- $ports := list -}}
{{- range regexFindAll ":[0-9]+" (regexReplaceAll "[?].*" .Values.mongodb.uri "") -1 -}}
{{- $ports = append $ports (trimPrefix ":" .) -}}
{{- end -}}
{{- $ports | default (list "27017") | uniq | toJson -}}
{{- end -}}
