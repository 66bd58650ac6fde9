{{- define "shopx-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "shopx-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "shopx-operator.name" . -}}
{{- if contains .Release.Name $name -}}
{{- $name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "shopx-operator.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "shopx-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed when serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "shopx-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "shopx-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "shopx-operator.labels" -}}
{{ include "shopx-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* The name of objects without a namespace: of two releases of one name, each has its own. */}}
{{- define "shopx-operator.clusterName" -}}
{{- printf "%s-%s" (include "shopx-operator.fullname" .) .Release.Namespace -}}
{{- end -}}

{{/* A repository, in the mirror where there is one. */}}
{{- define "shopx-operator.repository" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- if $root.Values.registry -}}
{{- printf "%s/%s" ($root.Values.registry | trimSuffix "/") (regexReplaceAll "^[^/]*[.:][^/]*/" $image.repository "") -}}
{{- else -}}
{{- $image.repository -}}
{{- end -}}
{{- end -}}

{{/* Who the processes are. OpenShift gives each namespace users of its own (`restricted-v2`). */}}
{{- define "shopx-operator.users" -}}
{{- if not (.Capabilities.APIVersions.Has "security.openshift.io/v1") -}}
runAsUser: 10001
runAsGroup: 10001
{{- end -}}
{{- end -}}

{{/* An image with its digest, or else its tag: the chart's release where the values name none. */}}
{{- define "shopx-operator.image" -}}
{{- $image := index . 0 -}}
{{- $root := index . 1 -}}
{{- $repository := include "shopx-operator.repository" . -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default $root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The operator's rights; those on Secrets by name where the values give names. `create` cannot be
limited by name. */}}
{{- define "shopx-operator.rules" -}}
{{- $names := .Values.rbac.secretNames -}}
{{- range (.Files.Get "files/rules.yaml" | fromYamlArray) }}
{{- if and $names (has "secrets" .resources) }}
- apiGroups: [""]
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames: {{ toJson $names }}
  verbs: {{ without .verbs "create" | toJson }}
{{- else }}
- {{ toJson . }}
{{- end }}
{{- end }}
{{- end -}}
