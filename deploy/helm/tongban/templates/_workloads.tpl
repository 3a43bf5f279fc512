{{/* What makes a component's pods, and what they are reached and protected by. */}}

{{- define "tongban.workload" -}}
{{- if eq .c.kind "Deployment" }}{{ include "tongban.deployment" . }}{{ end }}
{{- if eq .c.kind "StatefulSet" }}{{ include "tongban.statefulset" . }}{{ end }}
{{- if eq .c.kind "Job" }}{{ include "tongban.job" . }}{{ end }}
{{- if eq .c.kind "CronJob" }}{{ include "tongban.cronjob" . }}{{ end }}
{{- end -}}

{{- define "tongban.deployment" }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  {{- if or (eq .c.autoscaling.by "none") (not .c.port) }}
  replicas: {{ .c.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  # A new replica first, then an old one goes: never fewer than were asked for.
  strategy:
    rollingUpdate: {maxSurge: 1, maxUnavailable: 0}
  selector:
    matchLabels:
      {{- include "tongban.selector" . | nindent 6 }}
  template:
    {{- include "tongban.pod" . | nindent 4 }}
{{- end -}}

{{- define "tongban.statefulset" }}
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  # The files are one process tree's; a second replica would be another site.
  replicas: 1
  revisionHistoryLimit: 5
  serviceName: {{ .fullname }}
  selector:
    matchLabels:
      {{- include "tongban.selector" . | nindent 6 }}
  template:
    {{- include "tongban.pod" . | nindent 4 }}
  # The data outlive the release; whoever wants them gone says so by hand.
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels:
          {{- include "tongban.selector" . | nindent 10 }}
      spec:
        accessModes: [{{ .c.volume.accessMode }}]
        {{- with .c.volume.storageClass }}
        storageClassName: {{ . }}
        {{- end }}
        resources:
          requests: {storage: {{ .c.volume.size }}}
{{- end -}}

{{/* Runs before everything else is there, so that what it needs comes with it. */}}
{{- define "tongban.job" }}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .fullname }}-settings
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
  annotations:
    {{- include "tongban.hook" "-10" | nindent 4 }}
data:
  {{- include "tongban.settings" .root | trim | nindent 2 }}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
  annotations:
    {{- include "tongban.hook" "0" | nindent 4 }}
spec:
  backoffLimit: {{ .c.job.retries }}
  activeDeadlineSeconds: {{ .c.job.deadline }}
  # Exit code 2 says that a setting is wrong: another try would say the same.
  podFailurePolicy:
    rules:
      - action: FailJob
        onExitCodes: {operator: In, values: [2]}
  template:
    {{- include "tongban.pod" . | nindent 4 }}
{{- end -}}

{{- define "tongban.cronjob" }}
---
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  schedule: {{ .c.job.schedule | quote }}
  timeZone: Etc/UTC
  # One at a time; one that was missed is made up for within the hour.
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: {{ .c.job.retries }}
      activeDeadlineSeconds: {{ .c.job.deadline }}
      template:
        {{- include "tongban.pod" . | nindent 8 }}
{{- end -}}

{{- define "tongban.serviceaccount" }}
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
  {{- if eq .c.kind "Job" }}
  annotations:
    {{- include "tongban.hook" "-10" | nindent 4 }}
  {{- end }}
# Nothing here asks the cluster anything.
automountServiceAccountToken: false
{{- end -}}

{{- define "tongban.service" }}
{{- if .c.port }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  {{- if eq .c.protocol "grpc" }}
  # Headless: a client keeps its connections, so it must see every replica and go round them itself.
  clusterIP: None
  {{- end }}
  selector:
    {{- include "tongban.selector" . | nindent 4 }}
  ports:
    - name: {{ .c.protocol }}
      port: {{ .c.port }}
      targetPort: {{ .c.protocol }}
      {{- if eq .c.protocol "http" }}
      appProtocol: http
      {{- else if not .root.Values.mutualTls.enabled }}
      appProtocol: kubernetes.io/h2c
      {{- end }}
    {{- if include "tongban.measured" . }}
    - name: metrics
      port: {{ .root.Values.monitoring.metrics.port }}
      targetPort: metrics
    {{- end }}
{{- end }}
{{- end -}}

{{- define "tongban.disruption" }}
{{- if and .c.port .c.disruption.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  maxUnavailable: {{ .c.disruption.maxUnavailable }}
  # One that can't get ready doesn't keep a node from being emptied.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "tongban.selector" . | nindent 6 }}
{{- end }}
{{- end -}}
