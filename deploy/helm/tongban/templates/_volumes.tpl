{{/* What a pod mounts: its Secrets as files, and the little that it may write to. */}}

{{/* Parts of the projected volume `secrets` of a component; empty where it gets none. */}}
{{- define "tongban.secrets" -}}
{{- $v := .root.Values }}
{{- if and .c.keys $v.keys.secret }}
- secret:
    name: {{ $v.keys.secret }}
    items:
      {{- if has "sign" .c.keys }}
      - {key: actor.pem, path: actor.pem}
      {{- end }}
      {{- if has "verify" .c.keys }}
      - {key: actor.pub.pem, path: actor.pub.pem}
      {{- end }}
      {{- if has "site" .c.keys }}
      - {key: site.secret, path: site.secret}
      {{- end }}
{{- end }}
{{- if has "events" .c.uses }}
{{- $kafka := $v.kafka }}
{{- if hasPrefix "SASL" $kafka.security }}
- secret: {name: {{ $kafka.passwordSecret.name }}, items: [{key: {{ $kafka.passwordSecret.key }}, path: kafka.password}]}
{{- end }}
{{- if hasSuffix "SSL" $kafka.security }}
{{- with $kafka.caSecret }}
{{- if .name }}
- secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: kafka-ca.pem}]}
{{- end }}
{{- end }}
{{- with $kafka.clientSecret }}
{{- if .name }}
- secret:
    name: {{ .name }}
    items:
      - {key: {{ .certKey }}, path: kafka-client.pem}
      - {key: {{ .keyKey }}, path: kafka-client.key}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- if has "documents" .c.uses }}
{{- $mongodb := $v.mongodb }}
{{- if $mongodb.username }}
- secret: {name: {{ $mongodb.passwordSecret.name }}, items: [{key: {{ $mongodb.passwordSecret.key }}, path: mongodb.password}]}
{{- end }}
{{- if $mongodb.tls.enabled }}
{{- with $mongodb.tls.caSecret }}
{{- if .name }}
- secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: mongodb-ca.pem}]}
{{- end }}
{{- end }}
{{- with $mongodb.tls.clientSecret }}
{{- if .name }}
- secret: {name: {{ .name }}, items: [{key: {{ .key }}, path: mongodb-client.pem}]}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}

{{/* The collector's authority and credentials; empty where it needs none. */}}
{{- define "tongban.watch" -}}
{{- with .root.Values.telemetry }}
{{- if and .enabled .caSecret.name }}
- secret: {name: {{ .caSecret.name }}, items: [{key: {{ .caSecret.key }}, path: otlp-ca.pem}]}
{{- end }}
{{- if and .enabled .headersSecret.name }}
- secret: {name: {{ .headersSecret.name }}, items: [{key: {{ .headersSecret.key }}, path: otlp.headers}]}
{{- end }}
{{- end }}
{{- end -}}

{{/* Whether a component has a certificate for the other processes. */}}
{{- define "tongban.certified" -}}
{{- if and .root.Values.mutualTls.enabled (eq .root.Values.shape "services") (not (hasSuffix "Job" .c.kind)) }}true{{ end -}}
{{- end -}}

{{- define "tongban.mounts" -}}
- {name: data, mountPath: /var/lib/tongban}
{{- if eq .root.Values.shape "services" }}
- {name: run, mountPath: /run/tongban}
{{- end }}
- {name: scratch, mountPath: /tmp}
{{- if .c.archives }}
- {name: archives, mountPath: /archives}
{{- end }}
{{- if include "tongban.secrets" . }}
- {name: secrets, mountPath: {{ ternary "/var/lib/tongban/secrets" "/etc/tongban/secrets" (eq .root.Values.shape "one-pod") }}, readOnly: true}
{{- end }}
{{- if include "tongban.watch" . }}
- {name: watch, mountPath: /etc/tongban/watch, readOnly: true}
{{- end }}
{{- if include "tongban.relays" . }}
- {name: identity, mountPath: /etc/tongban/relay, readOnly: true}
{{- end }}
{{- if include "tongban.certified" . }}
- {name: tls, mountPath: /etc/tongban/tls, readOnly: true}
{{- end }}
{{- end -}}

{{- define "tongban.volumes" -}}
{{- if ne .c.kind "StatefulSet" }}
- name: data
  emptyDir: {sizeLimit: 16Mi}
{{- end }}
{{- if eq .root.Values.shape "services" }}
- name: run
  emptyDir: {sizeLimit: 1Mi}
{{- end }}
- name: scratch
  emptyDir: {sizeLimit: {{ .c.scratch }}}
{{- with .c.archives }}
- name: archives
  persistentVolumeClaim: {claimName: {{ . }}}
{{- end }}
{{- with include "tongban.secrets" . }}
- name: secrets
  projected:
    # Read by the pod's group, which is nobody else's.
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- with include "tongban.watch" . }}
- name: watch
  projected:
    defaultMode: 0440
    sources:
      {{- . | nindent 6 }}
{{- end }}
{{- if include "tongban.relays" . }}
- name: identity
  secret:
    secretName: {{ .root.Values.relay.identity }}
    defaultMode: 0440
{{- end }}
{{- if include "tongban.certified" . }}
- name: tls
  secret:
    secretName: {{ .fullname }}-tls
    defaultMode: 0440
{{- end }}
{{- end -}}
