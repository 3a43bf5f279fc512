{{/* The pod of a component: Pod Security `restricted`, whatever kind of workload makes it. */}}

{{- define "tongban.pod" -}}
metadata:
  labels:
    # No version here: a change of the chart alone starts nothing again.
    {{- include "tongban.selector" . | nindent 4 }}
    app.kubernetes.io/part-of: tongban
    {{- with .c.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Started again when what all are told has changed.
    checksum/settings: {{ include "tongban.settings" .root | sha256sum }}
    {{- with .c.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .fullname }}
  automountServiceAccountToken: false
  # Else the cluster would tell of its Services by variables such as TONGBAN_PORT, which are settings here.
  enableServiceLinks: false
  {{- with .root.Values.image.pullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  securityContext:
    {{- include "tongban.podSecurity" . | nindent 4 }}
  {{- if hasSuffix "Job" .c.kind }}
  restartPolicy: Never
  {{- else }}
  # The delay, until clients have gone, then calls, events and threads that are at hand, then some air.
  terminationGracePeriodSeconds: {{ add .c.stop.delay .c.stop.drain (mul 3 .c.stop.grace) 10 }}
  {{- end }}
  {{- if and .c.spread .c.port }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "tongban.selector" $ | nindent 10 }}
      matchLabelKeys: [pod-template-hash]
    {{- end }}
  {{- end }}
  {{- with .c.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .c.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .c.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .c.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: {{ .name | replace "_" "-" }}
      image: {{ include "tongban.image" .root }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      command: {{ toJson .c.command }}
      envFrom:
        - configMapRef:
            name: {{ ternary (printf "%s-settings" .fullname) (printf "%s-settings" .root.Release.Name) (eq .c.kind "Job") }}
      {{- with include "tongban.env" . | trim }}
      env:
        {{- . | nindent 8 }}
      {{- end }}
      {{- if .c.port }}
      ports:
        - {name: {{ .c.protocol }}, containerPort: {{ .c.port }}}
        {{- if and (eq .c.protocol "grpc") .root.Values.mutualTls.enabled }}
        - {name: health, containerPort: {{ add .c.port 1 }}}
        {{- end }}
        {{- if include "tongban.measured" . }}
        - {name: metrics, containerPort: {{ .root.Values.monitoring.metrics.port }}}
        {{- end }}
        {{- if include "tongban.relays" . }}
        {{- with include "tongban.relay.ports" . | trim }}
        {{- . | nindent 8 }}
        {{- end }}
        {{- end }}
      startupProbe:
        {{- include "tongban.probe" (dict "root" .root "c" .c "probe" .c.probes.startup) | nindent 8 }}
      readinessProbe:
        {{- include "tongban.probe" (dict "root" .root "c" .c "probe" .c.probes.readiness) | nindent 8 }}
      livenessProbe:
        {{- include "tongban.probe" (dict "root" .root "c" .c "probe" .c.probes.liveness) | nindent 8 }}
      lifecycle:
        # Nobody who looks is sent here once this is over; only then does the process hear of its stop, and sends those
        # away who have a connection.
        preStop:
          sleep: {seconds: {{ .c.stop.delay }}}
      {{- end }}
      resources:
        {{- toYaml .c.resources | nindent 8 }}
      securityContext:
        {{- include "tongban.containerSecurity" . | nindent 8 }}
      volumeMounts:
        {{- include "tongban.mounts" . | nindent 8 }}
  volumes:
    {{- include "tongban.volumes" . | trim | nindent 4 }}
{{- end -}}

{{- define "tongban.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "tongban.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* Asked by the kubelet: the gRPC health service or an HTTP path. Its gRPC speaks no TLS, so that there is a port for it.
By the service's name: whether calls are welcome. Without it, whether consumers work as well is part of the answer, and an
event that no replica can handle must not take all of them away from the people at the windows. */}}
{{- define "tongban.probe" -}}
{{- if eq .c.protocol "grpc" -}}
grpc: {port: {{ ternary (add .c.port 1) .c.port .root.Values.mutualTls.enabled }}, service: {{ .c.serves }}}
{{- else -}}
httpGet: {path: {{ .probe.path }}, port: {{ .c.protocol }}}
{{- end }}
{{ toYaml (omit .probe "path") }}
{{- end -}}
