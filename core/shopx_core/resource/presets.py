"""Sizes: balanced values for everything that a manifest leaves out.

The values of a size are consistent: the connections that its pods may open, with the reserve, stay
within its connection budget (a test checks it).
"""

from dataclasses import dataclass
from typing import Literal

SizeName = Literal["small", "medium", "large"]

RESERVED_CONNECTIONS = 6
"""Not for API and workers: the fold, a refresh, a migration, partitions, and two for people."""


@dataclass(frozen=True, slots=True)
class Compute:
    """Requests and limits of one container (Kubernetes quantities)."""

    cpu: str
    memory: str
    cpu_limit: str
    memory_limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What one size means."""

    connection_budget: int
    """Maximum connections of the database."""
    pool_size: int
    """Connections of one API pod."""
    api_max: int
    """API pods at most, when autoscaling names no maximum."""
    worker_concurrency: int
    """Jobs that one worker pod runs at once, one connection each."""
    worker_max: int
    """Worker pods at most, when autoscaling names no maximum."""
    api: Compute
    workers: Compute
    fold: Compute
    database: Compute
    redis: Compute
    redis_memory: str
    """Maximum memory of the cache; below the container's limit."""
    columns: Compute
    """Of the columnar replica's builder."""
    columns_memory: str
    """Memory for the replica in each API pod, beside `api`."""
    columns_threads: int
    """Cores that one question of the replica may use; at most an API pod's."""
    columns_storage: str
    """Room for the replica's builds, of the builder and of each API pod."""


SIZES: dict[SizeName, Size] = {
    "small": Size(
        connection_budget=55,
        pool_size=5,
        api_max=6,
        worker_concurrency=2,
        worker_max=2,
        api=Compute("100m", "256Mi", "1", "512Mi"),
        workers=Compute("100m", "256Mi", "1", "1Gi"),
        fold=Compute("50m", "128Mi", "500m", "256Mi"),
        database=Compute("250m", "512Mi", "2", "1Gi"),
        redis=Compute("50m", "64Mi", "500m", "192Mi"),
        redis_memory="128Mi",
        columns=Compute("100m", "256Mi", "1", "768Mi"),
        columns_memory="256Mi",
        columns_threads=1,
        columns_storage="5Gi",
    ),
    "medium": Size(
        connection_budget=120,
        pool_size=8,
        api_max=10,
        worker_concurrency=3,
        worker_max=4,
        api=Compute("250m", "384Mi", "2", "768Mi"),
        workers=Compute("250m", "512Mi", "2", "2Gi"),
        fold=Compute("100m", "192Mi", "1", "384Mi"),
        database=Compute("1", "2Gi", "4", "4Gi"),
        redis=Compute("100m", "256Mi", "1", "640Mi"),
        redis_memory="512Mi",
        columns=Compute("250m", "512Mi", "2", "1536Mi"),
        columns_memory="512Mi",
        columns_threads=2,
        columns_storage="20Gi",
    ),
    "large": Size(
        connection_budget=275,
        pool_size=10,
        api_max=20,
        worker_concurrency=4,
        worker_max=8,
        api=Compute("500m", "512Mi", "2", "1Gi"),
        workers=Compute("500m", "1Gi", "4", "4Gi"),
        fold=Compute("250m", "256Mi", "2", "512Mi"),
        database=Compute("4", "8Gi", "8", "16Gi"),
        redis=Compute("250m", "1Gi", "2", "2560Mi"),
        redis_memory="2Gi",
        columns=Compute("500m", "1Gi", "4", "3Gi"),
        columns_memory="1Gi",
        columns_threads=2,
        columns_storage="100Gi",
    ),
}


def cel_choice(size_field: str, attribute: str) -> str:
    """The CEL expression for a value of the size, for rules over optional fields.

    Args:
        size_field: The expression of the size's name, such as `self.size`.
        attribute: A whole-number attribute of `Size`.
    """
    small, medium, large = (getattr(SIZES[name], attribute) for name in SIZES)
    return f"({size_field} == 'small' ? {small} : {size_field} == 'medium' ? {medium} : {large})"


def cel_text_choice(size_field: str, attribute: Literal["api_memory", "columns_memory"]) -> str:
    """The CEL expression for a quantity of the size, as text.

    Args:
        size_field: See `cel_choice`.
        attribute: Which: the API's request, or the replica's memory.
    """
    small, medium, large = (
        size.api.memory if attribute == "api_memory" else size.columns_memory
        for size in SIZES.values()
    )
    return (
        f"({size_field} == 'small' ? '{small}' : {size_field} == 'medium' ? '{medium}' : '{large}')"
    )
