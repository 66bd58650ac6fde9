"""A dashboard's servers: started for it, or external ones that its manifest names."""

from dataclasses import dataclass

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import Manifest
from shopx_core.resource.presets import SIZES
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1.spec import DashboardSpec, connection_budget
from shopx_local import programs
from shopx_local.account import Account
from shopx_local.archive import archive
from shopx_local.listening import free_port
from shopx_local.postgres import PostgresServer, data_version
from shopx_local.process import ProcessSpec
from shopx_local.state import ROOT_STATE, StateDir
from shopx_local.valkey import ValkeyServer


@dataclass(slots=True)
class Servers:
    """The servers of one run; `None` = it is external."""

    spec: DashboardSpec
    postgres: PostgresServer | None
    valkey: ValkeyServer | None
    dsn: str
    readonly_dsn: str | None
    redis_url: str
    smtp_password: str | None = None
    signing_key: str | None = None
    data_are_new: bool = False

    def prepare(self) -> list[ProcessSpec]:
        """Make data folders and configuration; returns the processes to run.

        Raises:
            Unavailable: The disk is full or cannot be written.
        """
        specs = []
        if self.postgres is not None:
            self.data_are_new = self.postgres.initialise()
            bundled = self.spec.database.bundled
            parameters = bundled.parameters if bundled else {}
            specs.append(self.postgres.spec(connection_budget(self.spec), parameters))
        if self.valkey is not None:
            self.valkey.prepare()
            redis = self.spec.cache.redis.bundled
            asked = redis.max_memory if redis else None
            specs.append(self.valkey.spec(amount(asked or SIZES[self.spec.size].redis_memory)))
        return specs

    def describe(self) -> str:
        """A description of what runs, for people."""
        parts = []
        account = None
        if self.postgres is not None:
            account = self.postgres.account
            kept = "new data" if self.data_are_new else "data"
            version = self.postgres.programs.version
            parts.append(f"PostgreSQL {version} ({kept} in {self.postgres.data})")
        if self.valkey is not None:
            account = self.valkey.account
            parts.append(self.valkey.program.path.name)
        return " and ".join(parts) + (f", as user {account.name}" if account else "")


def choose_servers(manifest: Manifest, state: StateDir, account: Account | None) -> Servers:
    """Choose the servers by the manifest.

    Raises:
        InvalidConfiguration: A named Secret is absent, or no server's programs are found.
    """
    spec = manifest.dashboard.spec
    if spec.database.cloud_native_pg is not None:
        raise InvalidConfiguration(
            "spec.database.cloudNativePG needs a cluster.",
            hint="On one machine use database.bundled: {} or database.external.",
        )
    postgres = _postgres(manifest, state, account) if spec.database.bundled is not None else None
    valkey = _valkey(state, account) if spec.cache.redis.bundled is not None else None
    dsn = postgres.dsn if postgres else ""
    redis_url = valkey.url if valkey else ""
    readonly_dsn = None
    if (database := spec.database.external) is not None:
        place = "spec.database.external"
        dsn = manifest.secret(database.secret_ref, f"{place}.secretRef")
        if database.read_only_secret_ref is not None:
            readonly_dsn = manifest.secret(
                database.read_only_secret_ref, f"{place}.readOnlySecretRef"
            )
    if (redis := spec.cache.redis.external) is not None:
        redis_url = manifest.secret(redis.secret_ref, "spec.cache.redis.external.secretRef")
    smtp_password, signing_key = None, None
    if spec.reports is not None:
        smtp, webhooks = spec.reports.smtp, spec.reports.webhooks
        if smtp is not None and smtp.secret_ref is not None:
            smtp_password = manifest.secret(smtp.secret_ref, "spec.reports.smtp.secretRef")
        if webhooks.secret_ref is not None:
            place = "spec.reports.webhooks.secretRef"
            signing_key = manifest.secret(webhooks.secret_ref, place)
    return Servers(spec, postgres, valkey, dsn, readonly_dsn, redis_url, smtp_password, signing_key)


def _postgres(manifest: Manifest, state: StateDir, account: Account | None) -> PostgresServer:
    found = programs.postgres(data_version(state.postgres))
    return PostgresServer(
        programs.readable_postgres(found, account, ROOT_STATE / "programs"),
        state.postgres,
        free_port(),
        account,
        state.secrets(),
        archive(manifest, state, account),
    )


def _valkey(state: StateDir, account: Account | None) -> ValkeyServer:
    return ValkeyServer(
        programs.readable_redis(programs.redis(), account, ROOT_STATE / "programs"),
        state.valkey,
        free_port(),
        account,
        state.secrets(),
    )
