"""The input of rendering, and what every object is made from."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shopx_core.resource.v1beta1 import API_VERSION, KIND, AnalyticsDashboard, DashboardSpec
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import names
from shopx_operator.manifests.platform import Platform

Object = dict[str, Any]

SALT_KEY: Final = "salt"
TOKEN_KEY: Final = "token"  # noqa: S105 -- the name of a key, not a token
DSN_KEY: Final = "dsn"
URL_KEY: Final = "url"
PASSWORD_KEY: Final = "password"  # noqa: S105 -- the name of a key, not a password


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The images that the operator uses where a manifest names none."""

    version: str
    """The tag of the application's image."""
    app: str
    """Image of the application, without a tag."""
    app_digest: str = ""
    """The digest of that image of this release; empty = its tag is used."""
    postgres: str
    """Image of the bundled PostgreSQL."""
    redis: str
    """Image of the bundled Valkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterFacts:
    """What rendering knows besides the spec."""

    uid: str
    """The dashboard's uid, for owner references."""
    release: Release
    secrets: Mapping[str, Mapping[str, str]]
    """Decoded values of the Secrets that the dashboard reads, by name."""
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Optional kinds that the cluster serves, as `Kind.group`."""
    platform: Platform = field(default_factory=Platform)
    """What holds for every dashboard."""
    cluster_domain: str = "cluster.local"
    """The DNS domain of the cluster."""
    ipv6: bool = False
    """Whether pods have IPv6 addresses."""
    operator_namespace: str | None = None
    """The operator's namespace: the operator scrapes the pods."""
    volume: str = ""
    """The uid of the bundled database's volume claim; empty while there is none."""
    database_servers: int = 0
    """The servers of the bundled database for now; 0 = as many as the spec asks for."""
    leaves_replication: bool = False
    """Whether the spec asks for one server, and replicas are still there or lead."""
    migrated_database: str = ""
    """The address of the database that was migrated last; empty = none was."""
    last_backup: str = ""
    """When the last good backup at the present destination was complete; empty = none is known."""
    last_verified: str = ""
    """When one was last restored and verified."""


@dataclass(frozen=True, slots=True)
class Context:
    """One dashboard to render."""

    dashboard: AnalyticsDashboard
    facts: ClusterFacts

    @property
    def spec(self) -> DashboardSpec:
        """The dashboard's spec."""
        return self.dashboard.spec

    @property
    def name(self) -> str:
        """The dashboard's name."""
        return self.dashboard.metadata.name

    @property
    def namespace(self) -> str:
        """The namespace of the dashboard and of all its children."""
        return self.dashboard.metadata.namespace

    @property
    def version(self) -> str:
        """The release that the spec asks for."""
        return self.spec.version or self.facts.release.version

    def child(self, part: str, longest: int = names.LONGEST) -> str:
        """The name of a child."""
        return names.child(self.name, part, longest)

    @property
    def labels(self) -> dict[str, str]:
        """The labels that everything has in common, besides the operator's own."""
        return self.facts.platform.labels_of(self.dashboard.metadata.labels)

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that everything has in common."""
        return self.facts.platform.annotations_of(self.dashboard.metadata.annotations)

    @property
    def any_address(self) -> str:
        """Where servers in pods listen: at every address that pods have."""
        return "::" if self.facts.ipv6 else "0.0.0.0"  # noqa: S104 -- policies limit from where

    @property
    def replicated(self) -> bool:
        """Whether Patroni runs the bundled database."""
        bundled = self.spec.database.bundled
        return bundled is not None and (bundled.instances > 1 or self.facts.leaves_replication)

    def knows(self, kind: str, group: str) -> bool:
        """Whether the cluster serves an optional kind."""
        return f"{kind}.{group}" in self.facts.kinds

    def object(
        self,
        api_version: str,
        kind: str,
        part: str,
        component: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        owned: bool = True,
    ) -> Object:
        """The head of a child: kind, name, labels and owner.

        Args:
            api_version: The kind's.
            kind: The kind.
            part: The end of its name.
            component: The component that it belongs to.
            name: Its whole name, where it is not made from `part`.
            labels: More labels.
            annotations: Its annotations.
            owned: Whether the cluster removes it with the dashboard.
        """
        metadata: Object = {
            "name": name or self.child(part),
            "namespace": self.namespace,
            "labels": self.labels | names.labels(self.name, component) | dict(labels or {}),
        }
        if owned:
            metadata["ownerReferences"] = [self.owner()]
        own = {} if owned else names.NEVER_PRUNED
        if found := self.annotations | own | dict(annotations or {}):
            metadata["annotations"] = found
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata}

    def owner(self) -> Object:
        """The owner reference by which the cluster removes the children of a removed dashboard."""
        return {
            "apiVersion": API_VERSION,
            "kind": KIND,
            "name": self.name,
            "uid": self.facts.uid,
            "controller": True,
        }

    def secret_digest(self, references: Iterable[SecretReference]) -> str:
        """A digest of the values that pods read, for the pods' annotations.

        Its key is a random value of the dashboard: otherwise a user who may read pods could guess
        passwords by their digests. A missing value counts as empty.
        """
        salt = self.value(SecretReference(name=self.child("token"), key=SALT_KEY)) or ""
        digest = hmac.new(salt.encode(), digestmod=hashlib.sha256)
        for reference in references:
            value = self.value(reference) or ""
            digest.update(f"{reference.name}\0{reference.key}\0{value}\0".encode())
        return digest.hexdigest()[:16]

    def value(self, reference: SecretReference) -> str | None:
        """The value at a reference; `None` while there is none."""
        return self.facts.secrets.get(reference.name, {}).get(reference.key)
