"""What other tools install the operator by: Kustomize, OLM, Artifact Hub, krew.

`deploy/kustomize/operator/operator.yaml` is what Helm renders from the chart (`HELM`);
everything else follows from it, from the CustomResourceDefinition and from the project's version.
"""

import base64
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from shopx_core.resource.v1beta1 import GROUP, KIND, PLURAL, VERSION
from shopx_tools import ROOT
from shopx_tools.generators.chart import CHART, Values
from shopx_tools.generators.crd import crd

Manifest = dict[str, Any]

NAMESPACE: Final = "shopx-system"
REPOSITORY: Final = "https://github.com/shopx-analytics/shopx"
_OPERATIONS: Final = f"{REPOSITORY}/blob/main/docs/operations.md"
_CAPABILITIES: Final = "Seamless Upgrades"
"""The level of the Operator Framework's model that holds whole."""
DEPLOY: Final = ROOT / "deploy"
BASE: Final = DEPLOY / "kustomize" / "operator"
BUNDLE: Final = DEPLOY / "olm"
_HEADER: Final = (
    "# Written by `make generate` from tools/shopx_tools/generators/packaging.py; edit that.\n"
)
_RENDERED: Final = (
    "# Written by `python -m shopx_tools.generators.packaging`, which asks Helm; edit the chart.\n"
)
_PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_RELEASE: Final[str] = _PROJECT["version"]
_SUMMARY: Final = "Runs self-hosted sales dashboards, each from one AnalyticsDashboard object."
_KUBERNETES: Final = "1.29.0"
_MAINTAINER: Final = {"name": _PROJECT["authors"][0]["name"], "url": REPOSITORY}
_PLATFORMS: Final = [(system, cpu) for system in ("linux", "darwin") for cpu in ("amd64", "arm64")]


def _yaml(made: Any) -> str:
    text: str = yaml.safe_dump(made, sort_keys=False, width=100, allow_unicode=True)
    return text


def example() -> Manifest:
    """The dashboard that catalogues show."""
    text = (ROOT / "examples" / "cluster.yaml").read_text(encoding="utf-8")
    made: Manifest = yaml.safe_load(text)
    return made


def images() -> dict[str, str]:
    """Every image of a release, by its part."""
    values = Values()
    every = {
        "operator": values.image,
        "app": values.dashboards.app,
        "postgres": values.dashboards.postgres,
        "valkey": values.dashboards.redis,
    }
    return {name: f"{one.repository}:{one.tag or _RELEASE}" for name, one in every.items()}


def chart() -> str:
    """Chart.yaml, with what Artifact Hub shows."""
    hub = {
        "license": "Apache-2.0",
        "operator": "true",
        "operatorCapabilities": _CAPABILITIES,
        "category": "monitoring-logging",
        "prerelease": "true",
        "crds": _yaml(
            [
                {
                    "kind": KIND,
                    "version": VERSION,
                    "name": f"{PLURAL}.{GROUP}",
                    "displayName": "Sales dashboard",
                    "description": "Database, cache, API, workers and pages in one object.",
                }
            ]
        ),
        "crdsExamples": _yaml([example()]),
        "images": _yaml([{"name": name, "image": image} for name, image in images().items()]),
        "links": _yaml(
            [
                {"name": "operations", "url": _OPERATIONS},
                {"name": "manifest", "url": f"{REPOSITORY}/blob/main/docs/manifest.md"},
            ]
        ),
    }
    made = {
        "apiVersion": "v2",
        "name": "shopx-operator",
        "description": _SUMMARY,
        "type": "application",
        "version": _RELEASE,
        "appVersion": _RELEASE,
        "kubeVersion": f">={_KUBERNETES}-0",
        "home": REPOSITORY,
        "sources": [REPOSITORY],
        "icon": f"{REPOSITORY}/raw/main/frontend/public/favicon.svg",
        "maintainers": [_MAINTAINER],
        "keywords": ["analytics", "dashboard", "operator", "sales"],
        "annotations": {f"artifacthub.io/{name}": text for name, text in hub.items()},
    }
    return _HEADER + _yaml(made)


HELM: Final = (
    *("helm", "template", "shopx", str(CHART), "--namespace", NAMESPACE),
    *("--kube-version", _KUBERNETES, "--skip-tests", "--set", "crds.install=false"),
)
"""The command that renders the chart without the CustomResourceDefinition."""


def base(rendered: str) -> str:
    """operator.yaml, from what `HELM` writes."""
    objects = [one for one in yaml.safe_load_all(rendered) if one]
    for one in objects:
        # These say that Helm manages it.
        one["metadata"]["labels"].pop("helm.sh/chart")
        one["metadata"]["labels"].pop("app.kubernetes.io/managed-by")
    return _RENDERED + yaml.safe_dump_all(objects, sort_keys=False, width=100)


def operator_objects() -> list[Manifest]:
    """The objects of `deploy/kustomize/operator/operator.yaml`."""
    text = (BASE / "operator.yaml").read_text(encoding="utf-8")
    return [one for one in yaml.safe_load_all(text) if one]


def _one(kind: str, name: str = "") -> Manifest:
    (found,) = [
        one
        for one in operator_objects()
        if one["kind"] == kind and one["metadata"]["name"].endswith(name)
    ]
    return found


def _kustomization(*resources: str, **more: Any) -> str:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return _HEADER + _yaml(head | more | {"resources": list(resources)})


def cluster_service_version() -> Manifest:
    """OLM's description of this release: what it owns, what it runs and which rights it needs."""
    deployment = _one("Deployment")
    account = _one("ServiceAccount")["metadata"]["name"]
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {
            "name": f"shopx-operator.v{_RELEASE}",
            "namespace": "placeholder",
            "annotations": {
                "alm-examples": json.dumps([example()], indent=2),
                "capabilities": _CAPABILITIES,
                "categories": "Monitoring",
                "containerImage": images()["operator"],
                "description": _SUMMARY,
                "repository": REPOSITORY,
                "operatorframework.io/suggested-namespace": NAMESPACE,
                "features.operators.openshift.io/disconnected": "true",
            },
            "labels": {
                f"operatorframework.io/arch.{cpu}": "supported" for cpu in ("amd64", "arm64")
            },
        },
        "spec": {
            "displayName": "ShopX Analytics",
            "description": f"{_SUMMARY}\n\nHow to operate it: {_OPERATIONS}",
            "version": _RELEASE,
            "maturity": "alpha",
            "minKubeVersion": _KUBERNETES,
            "provider": _MAINTAINER,
            "icon": [{"base64data": _icon(), "mediatype": "image/svg+xml"}],
            "links": [{"name": "Repository", "url": REPOSITORY}],
            "keywords": ["analytics", "dashboard", "sales"],
            "installModes": [
                {"type": name, "supported": name == "AllNamespaces"}
                for name in ("OwnNamespace", "SingleNamespace", "MultiNamespace", "AllNamespaces")
            ],
            "customresourcedefinitions": {
                # Catalogues offer each; the deprecated version is served, and not offered.
                "owned": [
                    {
                        "name": f"{PLURAL}.{GROUP}",
                        "kind": KIND,
                        "version": VERSION,
                        "displayName": "Sales dashboard",
                        "description": "Database, cache, API, workers and pages in one object.",
                    }
                ]
            },
            "install": {
                "strategy": "deployment",
                "spec": {
                    "clusterPermissions": [
                        {
                            "serviceAccountName": account,
                            "rules": _one("ClusterRole", NAMESPACE)["rules"],
                        }
                    ],
                    "permissions": [
                        {"serviceAccountName": account, "rules": _one("Role", "-lease")["rules"]}
                    ],
                    "deployments": [
                        {
                            "name": deployment["metadata"]["name"],
                            "label": deployment["metadata"]["labels"],
                            "spec": _placed_by_olm(deployment["spec"]),
                        }
                    ],
                },
            },
            "relatedImages": [{"name": name, "image": image} for name, image in images().items()],
        },
    }


def _icon() -> str:
    """What catalogues show beside the name."""
    return base64.b64encode((ROOT / "frontend" / "public" / "favicon.svg").read_bytes()).decode()


def _placed_by_olm(spec: Manifest) -> Manifest:
    """The operator's Deployment in the namespace that OLM chose, with OpenShift's own users."""
    made: Manifest = json.loads(json.dumps(spec))
    pod = made["template"]["spec"]
    for user in ("runAsUser", "runAsGroup"):
        pod["securityContext"].pop(user)
    for variable in pod["containers"][0]["env"]:
        if variable["name"] == "SHOPX_OPERATOR_NAMESPACE":
            variable.pop("value")
            variable["valueFrom"] = {"fieldRef": {"fieldPath": "metadata.namespace"}}
    return made


_LABELS: Final = {
    "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
    "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
    "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
    "operators.operatorframework.io.bundle.package.v1": "shopx-operator",
    "operators.operatorframework.io.bundle.channels.v1": "alpha",
    "operators.operatorframework.io.bundle.channel.default.v1": "alpha",
}
"""Of a bundle's image, and of its annotations.yaml."""


def bundle_dockerfile() -> str:
    """The image of the bundle: files alone."""
    lines = [f"LABEL {name}={text}" for name, text in _LABELS.items()]
    copies = ["COPY manifests /manifests/", "COPY metadata /metadata/"]
    return _HEADER + "\n".join(["FROM scratch", *lines, *copies]) + "\n"


def plugin_archive() -> bytes:
    """The archive that krew unpacks; the same bytes whenever it is made.

    A plugin is one file, and the package needs compiled modules. So this one starts the installed
    package, or says how to install it.
    """
    script = f"""\
#!/bin/sh
# kubectl adash: starts the Python package of the same release.
for python in python3 python; do
  if "$python" -c 'import shopx_kubectl' 2>/dev/null; then
    exec "$python" -c 'import sys; from shopx_kubectl import main; sys.exit(main())' "$@"
  fi
done
if command -v uvx >/dev/null 2>&1; then
  exec uvx --from 'shopx-analytics=={_RELEASE}' kubectl-adash "$@"
fi
echo "kubectl adash needs uv, or: pip install 'shopx-analytics=={_RELEASE}'" >&2
exit 1
"""
    content = {
        "kubectl-adash": (script.encode(), 0o755),
        "LICENSE": ((ROOT / "LICENSE").read_bytes(), 0o644),
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, (data, mode) in content.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), mode
            archive.addfile(entry, io.BytesIO(data))
    # Level 0 stores: compressors of two machines may differ.
    return gzip.compress(packed.getvalue(), compresslevel=0, mtime=0)


def krew() -> str:
    """The manifest of the kubectl plugin."""
    archive = f"kubectl-adash-{_RELEASE}.tar.gz"
    source = {
        "uri": f"{REPOSITORY}/releases/download/v{_RELEASE}/{archive}",
        "sha256": hashlib.sha256(plugin_archive()).hexdigest(),
        "bin": "kubectl-adash",
        "files": [{"from": name, "to": "."} for name in ("kubectl-adash", "LICENSE")],
    }
    made = {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": "adash"},
        "spec": {
            "version": f"v{_RELEASE}",
            "homepage": REPOSITORY,
            "shortDescription": "State and scaling of sales dashboards",
            "description": "Shows how AnalyticsDashboards do, and why they were scaled.\n",
            "caveats": (
                f"It needs Python 3.11 with `pip install 'shopx-analytics=={_RELEASE}'`, or uv.\n"
            ),
            "platforms": [
                {"selector": {"matchLabels": {"os": system, "arch": cpu}}, **source}
                for system, cpu in _PLATFORMS
            ],
        },
    }
    return _HEADER + _yaml(made)


def files() -> dict[Path, str]:
    """The files by path, with the text that each must have."""
    namespace = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": NAMESPACE,
            "labels": {"pod-security.kubernetes.io/enforce": "restricted"},
        },
    }
    return {
        CHART / "Chart.yaml": chart(),
        ROOT / "charts" / "artifacthub-repo.yml": _HEADER + _yaml({"owners": []}),
        ROOT / "crds" / "kustomization.yaml": _kustomization("analyticsdashboards.yaml"),
        BASE / "kustomization.yaml": _kustomization(
            "../../../crds", "namespace.yaml", "operator.yaml", namespace=NAMESPACE
        ),
        BASE / "namespace.yaml": _HEADER + _yaml(namespace),
        BUNDLE / "manifests" / "shopx-operator.clusterserviceversion.yaml": _HEADER
        + _yaml(cluster_service_version()),
        BUNDLE / "manifests" / f"{PLURAL}.{GROUP}.crd.yaml": _HEADER
        + yaml.safe_dump(crd(), sort_keys=False, width=100),
        BUNDLE / "metadata" / "annotations.yaml": _HEADER + _yaml({"annotations": _LABELS}),
        BUNDLE / "bundle.Dockerfile": bundle_dockerfile(),
        DEPLOY / "krew" / "adash.yaml": krew(),
    }


if __name__ == "__main__":
    BASE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(HELM, check=True, capture_output=True, text=True)
    (BASE / "operator.yaml").write_text(base(done.stdout), encoding="utf-8")
