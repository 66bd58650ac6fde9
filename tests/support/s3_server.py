"""A real S3 server on a cluster: versitygw, in an image of its own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final

from shopx_tools.kind_cluster.cluster import CACHE, TESTS
from tests.support.kubectl import Kubectl

VERSION: Final = "v1.8.0"
IMAGE: Final = f"localhost/shopx-kind/versitygw:{VERSION}"
PORT: Final = 7070
KEYS: Final = {"access-key-id": "backup", "secret-access-key": "not-a-secret"}
SECRET: Final = "s3"


def load_image() -> None:
    """Build the server once, and bring it onto the tests' cluster."""
    program = CACHE / "bin" / "versitygw"
    if not program.exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                ["go", "install", f"github.com/versity/versitygw/cmd/versitygw@{VERSION}"],
                env=os.environ | {"GOBIN": folder, "CGO_ENABLED": "0"},
                check=True,
            )
            shutil.move(Path(folder) / "versitygw", program)
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(program, folder)
        text = 'FROM scratch\nCOPY versitygw /versitygw\nENTRYPOINT ["/versitygw"]\n'
        (Path(folder) / "Dockerfile").write_text(text)
        TESTS.run("docker", "build", "-q", "-t", IMAGE, folder)
    TESTS.run("kind", "load", "docker-image", "--name", TESTS.name, IMAGE)


def objects(namespace: str) -> list[dict[str, Any]]:
    """The server, its Service, and the Secret for `spec.backup`."""
    labels = {"app": "s3"}
    pod = {
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "fsGroup": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [
            {
                "name": "s3",
                "image": IMAGE,
                "args": [
                    *("--port", f":{PORT}", "--access", KEYS["access-key-id"]),
                    *("--secret", KEYS["secret-access-key"]),
                    *("posix", "--sidecar", "/store/meta", "/store/data"),
                ],
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "capabilities": {"drop": ["ALL"]},
                },
                "readinessProbe": {"tcpSocket": {"port": PORT}, "periodSeconds": 1},
                "volumeMounts": [
                    {"name": "store", "mountPath": f"/store/{part}", "subPath": part}
                    for part in ("meta", "data")
                ],
            }
        ],
        "volumes": [{"name": "store", "emptyDir": {}}],
    }
    meta = {"name": "s3", "namespace": namespace}
    return [
        {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": KEYS},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta,
            "spec": {
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"selector": labels, "ports": [{"port": PORT}]},
        },
    ]


def make_bucket(kubectl: Kubectl, database_pod: str, bucket: str) -> None:
    """With the libraries of the database's image."""
    code = (
        "import boto3; boto3.client('s3', endpoint_url='http://s3:7070', region_name='us-east-1',"
        f" aws_access_key_id={KEYS['access-key-id']!r},"
        f" aws_secret_access_key={KEYS['secret-access-key']!r}).create_bucket(Bucket={bucket!r})"
    )
    kubectl("exec", database_pod, "-c", "postgres", "--", "/opt/backup/bin/python", "-c", code)
