"""The variables that a project reads from its `.env`, and their defaults."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

_REPOSITORY: Final = "ghcr.io/shopx-analytics"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of compose's interpolation."""

    name: str
    default: str
    meaning: str

    def __str__(self) -> str:
        """How a project refers to it."""
        return f"${{{self.name}:-{self.default}}}"


APP: Final = Variable(
    "SHOPX_IMAGE_APP",
    f"{_REPOSITORY}/app:{version('shopx-analytics')}",
    "Image of API, workers, fold, columns and migrations.",
)
POSTGRES: Final = Variable(
    "SHOPX_IMAGE_POSTGRES", f"{_REPOSITORY}/postgres:18.6", "Image of PostgreSQL."
)
VALKEY: Final = Variable("SHOPX_IMAGE_VALKEY", f"{_REPOSITORY}/valkey:9.1", "Image of Valkey.")
NGINX: Final = Variable("SHOPX_IMAGE_NGINX", f"{_REPOSITORY}/nginx:1.22", "Image of Nginx.")
PROMETHEUS: Final = Variable(
    "SHOPX_IMAGE_PROMETHEUS",
    "docker.io/prom/prometheus:v3.5.0",
    "Image of Prometheus (profile monitoring).",
)
ALERTMANAGER: Final = Variable(
    "SHOPX_IMAGE_ALERTMANAGER",
    "docker.io/prom/alertmanager:v0.28.1",
    "Image of Alertmanager (profile monitoring).",
)
GRAFANA: Final = Variable(
    "SHOPX_IMAGE_GRAFANA",
    "docker.io/grafana/grafana:12.1.0",
    "Image of Grafana (profile monitoring).",
)
HTTP_LOCAL: Final = Variable(
    "SHOPX_HTTP", "127.0.0.1:8080", "Address and port of this machine where Nginx listens."
)
HTTP_OPEN: Final = Variable("SHOPX_HTTP", "0.0.0.0:80", HTTP_LOCAL.meaning)
HTTPS: Final = Variable("SHOPX_HTTPS", "0.0.0.0:443", "The same with TLS.")
TLS: Final = Variable(
    "SHOPX_TLS", "./tls", "Folder with fullchain.pem and privkey.pem, readable by user 10002."
)
SECRETS: Final = Variable(
    "SHOPX_SECRETS", "./secrets", "Folder of the secrets; scripts/deploy.sh fills it once."
)
NETWORK: Final = Variable(
    "SHOPX_NETWORK",
    "172.30.77",
    "First three numbers of the project's own network; change it where it collides with another.",
)
MONITORING: Final = Variable(
    "SHOPX_MONITORING", "../../monitoring", "Folder of deploy/monitoring (profile monitoring)."
)
MONITORING_LISTEN: Final = Variable(
    "SHOPX_MONITORING_LISTEN",
    "127.0.0.1",
    "Address where Prometheus, Alertmanager and Grafana listen (profile monitoring).",
)

IMAGES: Final = (APP, POSTGRES, VALKEY, NGINX)
ALL: Final = (
    HTTP_OPEN,
    HTTPS,
    TLS,
    SECRETS,
    NETWORK,
    *IMAGES,
    PROMETHEUS,
    ALERTMANAGER,
    GRAFANA,
    MONITORING,
    MONITORING_LISTEN,
)


def example() -> str:
    """The text of `.env.example`: every variable, with its default."""
    lines = [
        "# Every variable that the compose projects read, with its default. Copy what you change",
        "# into `.env` beside compose.yaml.",
    ]
    for one in ALL:
        lines += ["", f"# {one.meaning}", f"#{one.name}={one.default}"]
    return "\n".join(lines) + "\n"
