{{- define "gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "gateway.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "gateway.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "gateway.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "gateway.selector" -}}
app.kubernetes.io/name: {{ include "gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{- define "gateway.labels" -}}
{{ include "gateway.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "gateway.image" -}}
{{- if .Values.image.digest }}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest }}
{{- else }}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) }}
{{- end }}
{{- end }}

{{- define "gateway.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "gateway.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "gateway.hasStore" -}}
{{- if or .Values.store.url .Values.store.secret.name }}yes{{ end }}
{{- end }}

{{- define "gateway.hasMetrics" -}}
{{- if or .Values.metrics.enabled .Values.serviceMonitor.enabled }}yes{{ end }}
{{- end }}

{{- define "gateway.scheme" -}}
{{- if dig "listen" "tls" false .Values.config }}HTTPS{{ else }}HTTP{{ end }}
{{- end }}

{{/* gateway.yaml: the config of the values, completed by the settings of this chart. */}}
{{- define "gateway.config" -}}
{{- $config := deepCopy .Values.config }}
{{- range $key := list "drain_delay" "drain_timeout" }}
{{- if hasKey $config $key }}
{{- fail (printf "config.%s: write drain.%s instead, from which the pod's grace period is made too" $key (trimPrefix "drain_" $key)) }}
{{- end }}
{{- end }}
{{- if and (hasKey $config "store") (include "gateway.hasStore" .) }}
{{- fail "config.store and store: write one of them" }}
{{- end }}
{{- if and (hasKey $config "metrics") (include "gateway.hasMetrics" .) }}
{{- fail "config.metrics and metrics: write one of them" }}
{{- end }}
{{- if and (empty $config.upstreams) (empty $config.agents) (empty $config.teams) (empty $config.workflows) }}
{{- fail "config.upstreams: name the AgentOS servers" }}
{{- end }}
{{- $_ := set $config "drain_delay" .Values.drain.delay }}
{{- $_ := set $config "drain_timeout" .Values.drain.timeout }}
{{- if include "gateway.hasStore" . }}
{{- $_ := set $config "store" "${AGENTOS_GATEWAY_STORE}" }}
{{- end }}
{{- if include "gateway.hasMetrics" . }}
{{- $_ := set $config "metrics" (dict "host" "0.0.0.0" "port" (int .Values.metrics.port)) }}
{{- end }}
{{- toYaml $config }}
{{- end }}
