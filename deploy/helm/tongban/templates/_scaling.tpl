{{/* More replicas by load: of the processor, or of events that wait. */}}

{{- define "tongban.scaling" }}
{{- if and (eq .c.kind "Deployment") .c.port }}
{{- if eq .c.autoscaling.by "cpu" }}{{ include "tongban.hpa" . }}{{ end }}
{{- if eq .c.autoscaling.by "lag" }}{{ include "tongban.scaledobject" . }}{{ end }}
{{- end }}
{{- end -}}

{{- define "tongban.hpa" }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .fullname }}}
  minReplicas: {{ .c.autoscaling.min }}
  maxReplicas: {{ .c.autoscaling.max }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ .c.autoscaling.cpu }}}
  behavior:
    # A hall's rush lasts an hour: what came for it stays a while.
    scaleDown:
      stabilizationWindowSeconds: 600
      policies: [{type: Pods, value: 1, periodSeconds: 120}]
{{- end -}}

{{- define "tongban.scaledobject" }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: {{ .fullname }}}
  minReplicaCount: {{ .c.autoscaling.min }}
  maxReplicaCount: {{ .c.autoscaling.max }}
  pollingInterval: 15
  cooldownPeriod: 600
  triggers:
    - type: cpu
      metricType: Utilization
      metadata: {value: {{ .c.autoscaling.cpu | quote }}}
    {{- $kafka := .root.Values.kafka }}
    {{- range $group, $topics := .c.groups }}
    {{- range $topics }}
    - type: kafka
      metadata:
        bootstrapServers: {{ join "," $kafka.bootstrapServers }}
        consumerGroup: {{ $kafka.prefix }}{{ $group }}
        topic: {{ $kafka.prefix }}{{ . }}
        lagThreshold: {{ $.c.autoscaling.lag | quote }}
        offsetResetPolicy: earliest
        {{- if hasPrefix "SASL" $kafka.security }}
        sasl: {{ get (dict "SCRAM-SHA-512" "scram_sha512" "SCRAM-SHA-256" "scram_sha256" "PLAIN" "plaintext") $kafka.mechanism }}
        {{- end }}
        {{- if hasSuffix "SSL" $kafka.security }}
        tls: enable
        {{- end }}
      {{- with $.root.Values.keda.authentication }}
      authenticationRef: {name: {{ . }}}
      {{- end }}
    {{- end }}
    {{- end }}
{{- end -}}
