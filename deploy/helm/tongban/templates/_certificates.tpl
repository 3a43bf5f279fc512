{{/* A certificate for each process, under the names that the others call it by. */}}
{{- define "tongban.certificate" }}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ .fullname }}
  labels:
    {{- include "tongban.labels" . | nindent 4 }}
spec:
  secretName: {{ .fullname }}-tls
  duration: {{ .root.Values.mutualTls.duration }}
  renewBefore: {{ .root.Values.mutualTls.renewBefore }}
  dnsNames:
    - {{ .fullname }}
    - {{ .fullname }}.{{ .root.Release.Namespace }}
    - {{ .fullname }}.{{ .root.Release.Namespace }}.svc
  usages: [digital signature, server auth, client auth]
  privateKey: {algorithm: ECDSA, size: 256, rotationPolicy: Always}
  issuerRef: {group: cert-manager.io, kind: {{ .root.Values.mutualTls.issuer.kind }}, name: {{ .root.Values.mutualTls.issuer.name }}}
{{- end -}}

{{/* Tells cert-manager who signs, on an Ingress or a Gateway. */}}
{{- define "tongban.issuerAnnotation" -}}
cert-manager.io/{{ ternary "cluster-issuer" "issuer" (eq .kind "ClusterIssuer") }}: {{ .name }}
{{- end -}}
