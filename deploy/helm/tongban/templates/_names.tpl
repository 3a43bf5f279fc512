{{/* Names and labels. `root` is the chart's context, `name` a component's key in values. */}}

{{/* Name of a component's objects: no underscore is allowed there. */}}
{{- define "tongban.fullname" -}}
{{- printf "%s-%s" .root.Release.Name (.name | replace "_" "-") | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{/* What a component's pods are found by; never changed, as a Deployment's selector can't be. */}}
{{- define "tongban.selector" -}}
app.kubernetes.io/name: tongban
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name | replace "_" "-" }}
{{- end -}}

{{- define "tongban.labels" -}}
{{ include "tongban.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tongban
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- end -}}

{{/* The image: by digest where one is given. */}}
{{- define "tongban.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Names of the component that people and programs come to, and of its port. */}}
{{- define "tongban.edge" -}}
{{- range $name, $component := .Values.components -}}
{{- if and $component.edge (eq $component.shape $.Values.shape) -}}{{ $name }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* For metadata of what has to stand before a hook's job runs: made anew each time, gone when all went well. */}}
{{- define "tongban.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}
