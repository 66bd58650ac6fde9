"""The compute of a container: what the manifest says, and the size's figures for the rest."""

from dataclasses import replace
from decimal import Decimal

from shopx_core.resource.presets import SIZES, Compute
from shopx_core.resource.types import amount
from shopx_core.resource.v1beta1.pods import ComputeResources
from shopx_core.resource.v1beta1.spec import DashboardSpec, columns_enabled, columns_memory

MIB = 1024**2


def compute(given: ComputeResources, preset: Compute) -> Compute:
    """Requests and limits of a container.

    The size's figures never contradict the manifest: a limit below the size's request lowers
    that request, and a request above the size's limit raises that limit.

    Args:
        given: Of the manifest.
        preset: Of the size.
    """
    cpu, cpu_limit = _pair(given, "cpu", preset.cpu, preset.cpu_limit)
    memory, memory_limit = _pair(given, "memory", preset.memory, preset.memory_limit)
    return Compute(cpu, memory, cpu_limit, memory_limit)


def _pair(given: ComputeResources, kind: str, least: str, most: str) -> tuple[str, str]:
    request: str | None = getattr(given.requests, kind, None)
    limit: str | None = getattr(given.limits, kind, None)
    return (
        request or (min(least, limit, key=amount) if limit else least),
        limit or (max(most, request, key=amount) if request else most),
    )


def api_preset(spec: DashboardSpec) -> Compute:
    """The size's compute of the API, with the memory of the columnar replica where there is one."""
    preset = SIZES[spec.size].api
    if not columns_enabled(spec):
        return preset
    more = amount(columns_memory(spec))
    return replace(
        preset,
        memory=mebibytes(amount(preset.memory) + more),
        memory_limit=mebibytes(amount(preset.memory_limit) + more),
    )


def columns_build_memory(spec: DashboardSpec) -> int:
    """Mebibytes for one build: it sorts the ledger, and what exceeds this goes to the disk."""
    made = compute(spec.columns.resources, SIZES[spec.size].columns)
    return int(amount(made.memory_limit) / 2 / MIB)


def mebibytes(number: Decimal) -> str:
    """A number of bytes as a quantity."""
    return f"{int(number / MIB)}Mi"
