"""The operator's own configuration: the environment that its Deployment sets."""

import json
import os
import socket
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from shopx_core.clients.outbound import OutboundPolicy
from shopx_core.errors import InvalidConfiguration
from shopx_operator.manifests.context import Release
from shopx_operator.manifests.platform import Platform

PREFIX = "SHOPX_OPERATOR_"


class Options(BaseModel):
    """`SHOPX_OPERATOR_NAMESPACE`, `SHOPX_OPERATOR_WATCH`, and so on."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    namespace: str
    """The operator's namespace, which also has its Lease."""
    identity: str = Field(default_factory=socket.gethostname)
    """The name of this process among the replicas: the pod's name."""
    watch: tuple[str, ...] = ()
    """Namespaces to serve, separated by commas; empty = all."""
    version: str
    """The release of the application where a manifest names none."""
    app_image: str
    """The application's image, without a tag."""
    app_digest: str = ""
    """The digest of the application's image of this release; empty = its tag is used."""
    postgres_image: str
    """The bundled PostgreSQL's image."""
    redis_image: str
    """The bundled Valkey's image."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """The port of health and metrics."""
    workers: Annotated[int, Field(ge=1, le=100)] = 4
    """Dashboards reconciled at once."""
    resync_seconds: Annotated[float, Field(gt=0)] = 20
    """Seconds between two reconciles of every dashboard, in addition to events."""
    lease: str = "shopx-operator"
    """The name of the Lease for the leader election."""
    lease_seconds: Annotated[float, Field(ge=3)] = 12
    """How long a leader that does not renew stays the leader."""
    permitted_addresses: tuple[str, ...] = ()
    """Networks and hosts that dashboards may name beside public ones and their own Services,
    separated by commas."""
    permitted_pod_fields: tuple[str, ...] = ()
    """Fields of `podTemplate` that are permitted beside the harmless ones, separated by commas."""
    platform: Platform = Platform()
    """What holds for every dashboard, as a JSON object."""
    pod_ips: tuple[str, ...] = ()
    """The pod's own addresses, separated by commas: which protocols pods have."""
    cluster_domain: str = "cluster.local"
    """The DNS domain of the cluster."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """Log lines below it are dropped."""

    @field_validator("platform", mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return json.loads(value) if isinstance(value, str) else value

    @field_validator(
        "watch", "permitted_addresses", "permitted_pod_fields", "pod_ips", mode="before"
    )
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(filter(None, (name.strip() for name in value.split(","))))
        return value

    @property
    def release(self) -> Release:
        """The images that the operator uses where a manifest names none."""
        return Release(
            version=self.version,
            app=self.app_image,
            app_digest=self.app_digest,
            postgres=self.postgres_image,
            redis=self.redis_image,
        )

    @property
    def ipv6(self) -> bool:
        """Whether pods have IPv6 addresses."""
        return any(":" in address for address in self.pod_ips)

    @property
    def outbound_policy(self) -> OutboundPolicy:
        """Which addresses of manifests the operator connects to."""
        return OutboundPolicy.of(self.permitted_addresses, self.cluster_domain)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment.

        Args:
            environ: Where to read; `None` = the process's environment.

        Raises:
            InvalidConfiguration: A variable is missing, unknown or invalid.
        """
        given = os.environ if environ is None else environ
        values = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in given.items()
            if name.startswith(PREFIX) and value
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "; ".join(
                f"{PREFIX}{str(item['loc'][0]).upper()}: {item['msg']}"
                for item in error.errors(include_url=False)
            )
            raise InvalidConfiguration(
                f"The environment variables of the operator are invalid: {problems}.",
                hint="The chart charts/shopx-operator sets these variables.",
            ) from None
