"""The variables of each component's containers, without those that hold secrets."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal

from shopx_core.resource.derive import Placement, settings_from_spec
from shopx_core.resource.v1beta1.spec import DashboardSpec

API_PORT: Final = 8000
METRICS_PORT: Final = 9100
LEAVING_SECONDS: Final = 20
"""A stopping API container serves until no request arrives, for at most this long."""
COLUMNS_FOLDER: Final = "/columns"
CREDENTIALS_FOLDER: Final = "/etc/shopx/credentials"
"""Where the Secret of feeds is mounted, if there is one."""

DATABASE_DSN: Final = "SHOPX_DATABASE_DSN"
DATABASE_READONLY_DSN: Final = "SHOPX_DATABASE_READONLY_DSN"
DATABASE_REPLICA_ADDRESS: Final = "SHOPX_DATABASE_REPLICA_ADDRESS"
REDIS_URL: Final = "SHOPX_REDIS_URL"
SMTP_PASSWORD: Final = "SHOPX_REPORTS_SMTP_PASSWORD"  # noqa: S105 -- a variable's name
SIGNING_KEY: Final = "SHOPX_REPORTS_SIGNING_KEY"
_SECRET: Final = (DATABASE_DSN, DATABASE_READONLY_DSN, REDIS_URL, SMTP_PASSWORD, SIGNING_KEY)

Reader = Literal["api", "fold", "columns", "workers", "beat", "queue-exporter", "migrate", "job"]

# The groups of settings that only some components read; a change restarts no other component.
_READ: Final[Mapping[Reader, frozenset[str]]] = {
    "api": frozenset(
        {"API", "AUTH", "CACHE", "COLUMNS", "METRICS", "REPORTING", "REPORTS", "TRACES"}
    ),
    "fold": frozenset({"FOLD", "REPORTING", "METRICS"}),
    "columns": frozenset({"COLUMNS", "METRICS"}),
    "workers": frozenset(
        {"WORKERS", "CACHE", "REPORTING", "REPORTS", "PARTITIONS", "METRICS", "TRACES"}
    ),
    "beat": frozenset({"REFRESH", "REPORTING", "REPORTS", "PARTITIONS"}),
    "queue-exporter": frozenset({"METRICS"}),
    "migrate": frozenset({"REPORTING", "PARTITIONS"}),
    "job": frozenset({"REPORTING"}),
}
_GROUPS: Final = frozenset[str]().union(*_READ.values())


def variables(
    spec: DashboardSpec,
    reader: Reader,
    *,
    beat: bool,
    redis_prefix: str | None = None,
    api_url: str = f"http://api:{API_PORT}",
    host: str = "0.0.0.0",  # noqa: S104 -- networks limit from where
    replica_address: str | None = None,
) -> dict[str, str]:
    """The variables of a component, by name.

    Args:
        spec: The dashboard's.
        reader: The component; settings of no group above go to every component.
        beat: Whether the workers' beat keeps the schedule.
        api_url: Where workers reach the API.
        redis_prefix: What all keys and channels in Redis begin with; `None` = from the database.
        host: Where servers listen: at every address, of IPv4 alone or (`::`) of IPv6 as well.
        replica_address: Of the API alone: see `Placement`.
    """
    text = spec.model_dump_json(by_alias=True, exclude_none=True)
    known = _every_variable(
        text,
        beat=beat,
        api_url=api_url,
        redis_prefix=redis_prefix,
        host=host,
        replica_address=replica_address,
    )
    left_out = [*(f"SHOPX_{group}_" for group in _GROUPS - _READ[reader]), *_SECRET]
    if reader != "api":
        left_out.append(DATABASE_REPLICA_ADDRESS)
    return {name: value for name, value in known if not name.startswith((*left_out,))}


@lru_cache(maxsize=512)
def _every_variable(
    spec: str,
    *,
    beat: bool,
    api_url: str,
    redis_prefix: str | None,
    host: str,
    replica_address: str | None,
) -> tuple[tuple[str, str], ...]:
    """The variables of all components, sorted; an operator asks for them a hundred times a look.

    Args:
        spec: The dashboard's, as JSON.
        beat: As for `variables`.
        api_url: As for `variables`.
        redis_prefix: As for `variables`.
        host: As for `variables`.
        replica_address: As for `variables`.
    """
    given = DashboardSpec.model_validate_json(spec)
    feeds = given.imports.feeds
    placement = Placement(
        # Never used: these variables come from secrets.
        dsn="postgresql://",
        replica_address=replica_address,
        redis_url="redis://",
        redis_prefix=redis_prefix,
        host=host,
        port=API_PORT,
        metrics_port=METRICS_PORT,
        api_url=api_url,
        beat=beat,
        credentials_folder=CREDENTIALS_FOLDER if feeds and feeds.secret_name else None,
    )
    known = settings_from_spec(given, placement).to_env()
    known |= {"SHOPX_METRICS_HOST": host}
    return tuple(sorted(known.items()))
