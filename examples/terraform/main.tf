# The operator and a dashboard, by Terraform or OpenTofu:
#   terraform init && terraform apply
# The CustomResourceDefinition comes with the chart, so a first apply makes the operator, and the
# dashboard is planned when its kind is known:
#   terraform apply -target=helm_release.operator
terraform {
  required_version = ">= 1.6"
  required_providers {
    helm = {
      source  = "hashicorp/helm"
      version = ">= 3.0"
    }
    kubernetes = {
      source  = "hashicorp/kubernetes"
      version = ">= 2.35"
    }
  }
}

variable "kubeconfig" {
  type    = string
  default = "~/.kube/config"
}

variable "namespace" {
  type        = string
  description = "Where the dashboard is; it exists."
  default     = "default"
}

provider "helm" {
  kubernetes = {
    config_path = var.kubeconfig
  }
}

provider "kubernetes" {
  config_path = var.kubeconfig
}

resource "helm_release" "operator" {
  name             = "shopx"
  chart            = "${path.module}/../../charts/shopx-operator"
  namespace        = "shopx-system"
  create_namespace = true
  values           = [file("${path.module}/values.yaml")]
}

resource "kubernetes_manifest" "dashboard" {
  manifest = merge(
    yamldecode(file("${path.module}/../cluster.yaml")),
    { metadata = { name = "sales", namespace = var.namespace } },
  )

  # The operator writes the status, and kubectl scale the number of pods.
  computed_fields = ["metadata.annotations", "metadata.labels", "spec.api.replicas"]

  wait {
    condition {
      type   = "Ready"
      status = "True"
    }
  }

  timeouts {
    create = "10m"
    update = "30m"
  }

  depends_on = [helm_release.operator]
}

output "url" {
  value = try(kubernetes_manifest.dashboard.object.status.url, "")
}
