{{/* What values.schema.json can't say: values that need each other. Each message says what to do. */}}
{{- define "tongban.checks" -}}
{{- $v := .Values }}
{{- $problems := list }}
{{- if not $v.site.name }}
{{- $problems = append $problems "site.name is empty: name the site, e.g. hanbin; it becomes part of every event and is never changed later" }}
{{- end }}
{{- if eq $v.image.tag "latest" }}
{{- $problems = append $problems "image.tag is latest: name a version, else nobody can say what runs or go back to it" }}
{{- end }}
{{- if eq $v.shape "services" }}
  {{- if not $v.keys.secret }}
  {{- $problems = append $problems "keys.secret is empty: name the Secret with actor.pem, actor.pub.pem and site.secret; `tongban keys` makes them" }}
  {{- end }}
  {{- if not $v.kafka.bootstrapServers }}
  {{- $problems = append $problems "kafka.bootstrapServers is empty: give host:port of the brokers, or set shape to one-pod, which needs no Kafka" }}
  {{- end }}
  {{- if and (hasPrefix "SASL" $v.kafka.security) (not (and $v.kafka.username $v.kafka.passwordSecret.name)) }}
  {{- $problems = append $problems (printf "kafka.security is %s: give kafka.username and kafka.passwordSecret.name" $v.kafka.security) }}
  {{- end }}
  {{- if not $v.mongodb.uri }}
  {{- $problems = append $problems "mongodb.uri is empty: give the address of the replica set, or set shape to one-pod, which needs no MongoDB" }}
  {{- end }}
  {{- if and $v.mongodb.username (not $v.mongodb.passwordSecret.name) }}
  {{- $problems = append $problems "mongodb.username is given: name the Secret with its password, mongodb.passwordSecret.name" }}
  {{- end }}
  {{- if and $v.mutualTls.enabled (not $v.mutualTls.issuer.name) }}
  {{- $problems = append $problems "mutualTls.issuer.name is empty: name cert-manager's issuer of the site's own authority" }}
  {{- end }}
  {{- range $name, $component := $v.components }}
  {{- if and (eq $component.shape "services") (hasKey $component "enabled") (not $component.enabled) }}
    {{- range $other, $caller := $v.components }}
    {{- if and (has $name $caller.calls) (ne (toString $caller.enabled) "false") }}
    {{- $problems = append $problems (printf "components.%s.enabled is false, but %s calls it: a site of services needs them all" $name $other) }}
    {{- end }}
    {{- end }}
  {{- end }}
  {{- $scratch := $component.scratch | default $v.defaults.scratch }}
  {{- $room := dig "resources" "limits" "ephemeral-storage" (index $v.defaults.resources.limits "ephemeral-storage") $component }}
  {{- if lt (include "tongban.kibibytes" $room | int64) (include "tongban.kibibytes" $scratch | int64) }}
  {{- $problems = append $problems (printf "components.%s.scratch is %s, but resources.limits.ephemeral-storage %s: raise that as well, or the node throws the pod out" $name $scratch $room) }}
  {{- end }}
  {{- $scaling := mergeOverwrite (deepCopy $v.defaults.autoscaling) (deepCopy ($component.autoscaling | default dict)) }}
  {{- if gt (int $scaling.min) (int $scaling.max) }}
  {{- $problems = append $problems (printf "components.%s.autoscaling: min %v is above max %v" $name $scaling.min $scaling.max) }}
  {{- end }}
  {{- if and (eq $scaling.by "lag") (eq ($component.protocol | default "") "grpc") (not $component.groups) }}
  {{- $problems = append $problems (printf "components.%s.autoscaling.by is lag, but it takes no events: use cpu" $name) }}
  {{- end }}
  {{- if and (eq $scaling.by "lag") (ne $v.kafka.security "PLAINTEXT") (not $v.keda.authentication) }}
  {{- $problems = append $problems (printf "components.%s.autoscaling.by is lag: name a TriggerAuthentication for the brokers, keda.authentication" $name) }}
  {{- end }}
  {{- end }}
{{- end }}
{{- range $name, $component := $v.components }}
{{- if and (eq $component.kind "CronJob") (eq $component.shape $v.shape) $component.enabled (not $component.archives) }}
{{- $problems = append $problems (printf "components.%s.archives is empty: name the PersistentVolumeClaim that archives go to" $name) }}
{{- end }}
{{- end }}
{{- if and (eq $v.shape "one-pod") $v.mutualTls.enabled }}
{{- $problems = append $problems "mutualTls.enabled: the processes of one pod talk over sockets in it; leave it off" }}
{{- end }}
{{- if and $v.keys.external.enabled (not (and $v.keys.secret $v.keys.external.store.name $v.keys.external.entry)) }}
{{- $problems = append $problems "keys.external.enabled: give keys.secret, keys.external.store.name and keys.external.entry" }}
{{- end }}
{{- if and (or $v.relay.lines.enabled $v.relay.partners.enabled) (not $v.relay.identity) }}
{{- $problems = append $problems "relay: other sites can come only to one that has an identity: name its Secret, relay.identity" }}
{{- end }}
{{- if and $v.relay.partners.enabled (not (hasPrefix "https://" $v.relay.partners.url)) }}
{{- $problems = append $problems "relay.partners.url: give the address that partners use, https://… without a path; they sign it" }}
{{- end }}
{{- if and $v.relay.partners.enabled $v.network.policies (not $v.relay.partners.from) }}
{{- $problems = append $problems "relay.partners.from: say where TLS ends in front of it, or nobody can come" }}
{{- end }}
{{- with $v.relay.partners }}
{{- if and .enabled .ingress.enabled (not .ingress.tls.secret) }}
{{- $problems = append $problems "relay.partners.ingress: give tls.secret; partners come by https alone" }}
{{- end }}
{{- if and .enabled .gatewayApi.enabled (not .gatewayApi.parentRefs) }}
  {{- if not $v.gatewayApi.enabled }}
  {{- $problems = append $problems "relay.partners.gatewayApi: name the Gateway (parentRefs), or switch gatewayApi on" }}
  {{- else if and $v.gatewayApi.create.enabled (not .gatewayApi.tls.secret) }}
  {{- $problems = append $problems "relay.partners.gatewayApi: give tls.secret, for the listener of the Gateway that is made" }}
  {{- end }}
{{- end }}
{{- end }}
{{- with $v.relay.lines }}
{{- if and .enabled (or .ingress.enabled .gatewayApi.enabled) (ne .type "ClusterIP") }}
{{- $problems = append $problems "relay.lines.type: ClusterIP where lines come through relay.lines.ingress or .gatewayApi; the endpoint in the card is one" }}
{{- end }}
{{- if and .enabled .ingress.enabled (not .ingress.annotations) }}
{{- $problems = append $problems "relay.lines.ingress.annotations: have the controller pass TLS through; where it ends it, every line is refused" }}
{{- end }}
{{- if and .enabled .gatewayApi.enabled (not .gatewayApi.parentRefs) (not $v.gatewayApi.enabled) }}
{{- $problems = append $problems "relay.lines.gatewayApi: name the Gateway (parentRefs), or switch gatewayApi on" }}
{{- end }}
{{- end }}
{{- if and $v.ingress.enabled (not (and $v.ingress.host $v.ingress.tls.secret)) }}
{{- $problems = append $problems "ingress.enabled: give ingress.host and ingress.tls.secret; nobody's papers travel in the clear" }}
{{- end }}
{{- if and $v.gatewayApi.enabled (not $v.gatewayApi.hostnames) }}
{{- $problems = append $problems "gatewayApi.enabled: give gatewayApi.hostnames" }}
{{- end }}
{{- if and $v.gatewayApi.enabled (not $v.gatewayApi.create.enabled) (not $v.gatewayApi.parentRefs) }}
{{- $problems = append $problems "gatewayApi.enabled: name the Gateway (gatewayApi.parentRefs), or have one made (gatewayApi.create)" }}
{{- end }}
{{- if and $v.gatewayApi.enabled $v.gatewayApi.create.enabled (not (and $v.gatewayApi.create.className $v.gatewayApi.tls.secret)) }}
{{- $problems = append $problems "gatewayApi.create.enabled: give gatewayApi.create.className and gatewayApi.tls.secret" }}
{{- end }}
{{- if and (or $v.ingress.enabled $v.gatewayApi.enabled) (not (hasPrefix "https://" $v.site.baseUrl)) }}
{{- $problems = append $problems "site.baseUrl: begin it with https://, as browsers come that way; cookies depend on it" }}
{{- end }}
{{- if and $v.monitoring.serviceMonitor.enabled (not $v.monitoring.metrics.enabled) }}
{{- $problems = append $problems "monitoring.serviceMonitor.enabled: switch monitoring.metrics.enabled on, so that there is something to fetch" }}
{{- end }}
{{- if and $v.monitoring.metrics.enabled (eq $v.shape "one-pod") }}
{{- $problems = append $problems "monitoring.metrics.enabled: the processes of one pod have no port each; let telemetry send to a collector" }}
{{- end }}
{{- if and $v.monitoring.metrics.enabled $v.network.policies (not $v.network.metricsFrom) }}
{{- $problems = append $problems "monitoring.metrics.enabled: say who may fetch them, network.metricsFrom, or nobody can" }}
{{- end }}
{{- if and (or $v.telemetry.caSecret.name $v.telemetry.headersSecret.name) (not (hasPrefix "https://" $v.telemetry.endpoint)) }}
{{- $problems = append $problems "telemetry.endpoint: begin it with https:// where an authority or credentials are given" }}
{{- end }}
{{- if $problems }}
{{- fail (printf "\n\nThese values can't work:\n  - %s\n" (join "\n  - " $problems)) }}
{{- end }}
{{- end -}}

{{/* A quantity's whole Ki: enough to compare two of them. */}}
{{- define "tongban.kibibytes" -}}
{{- $units := dict "Ki" 1 "Mi" 1024 "Gi" 1048576 "Ti" 1073741824 "k" 0.9765625 "M" 976.5625 "G" 976562.5 "T" 976562500 -}}
{{- $unit := regexFind "[A-Za-z]+$" . -}}
{{- mulf (trimSuffix $unit . | float64) (get $units $unit | default 0.0009765625) | int64 -}}
{{- end -}}
