"""Files that the server writes: lists and pages. The ending of a file's name says the format."""

from pathlib import Path
from typing import ClassVar

from shopx_client.errors import ConfigurationError
from shopx_client.generated import enums, inputs
from shopx_client.values import Input


class ExportFile(Input):
    """What a file is of; the defaults are the API's."""

    formats: ClassVar[frozenset[str]]
    period: inputs.PeriodInput | None = None
    comparison: inputs.ComparisonInput | None = None
    zone: str | None = None
    filters: inputs.FilterInput | None = None

    def name(self, suffix: str) -> str:
        """What the server calls it.

        Raises:
            ConfigurationError: There is no such format of it.
        """
        if suffix not in self.formats:
            known = ", ".join(sorted(f".{one}" for one in self.formats))
            raise ConfigurationError(f"The file's name ends in .{suffix}; there are {known}.")
        return f"{self._stem()}.{suffix}"

    def _stem(self) -> str:
        raise NotImplementedError


class ListFile(ExportFile):
    """A breakdown of sales with all its rows: `.csv`, `.xlsx` or `.parquet` (exact decimals)."""

    formats: ClassVar[frozenset[str]] = frozenset({"csv", "xlsx", "parquet"})
    by: enums.Dimension
    metrics: list[enums.MetricId] | None = None
    order_by: enums.MetricId | None = None
    sort: enums.SortValue | None = None
    direction: enums.SortDirection | None = None
    search: str | None = None

    def _stem(self) -> str:
        return "sales"


class PageFile(ExportFile):
    """A page of the dashboard: `.pdf`, `.xlsx` or `.json`."""

    formats: ClassVar[frozenset[str]] = frozenset({"pdf", "xlsx", "json"})
    page: str
    """overview, products, customers, reps, orders or profitability."""
    panels: list[str] | None = None
    """Names of its panels; all where it is left out."""

    def _stem(self) -> str:
        return self.page


def variables(file: ExportFile) -> dict[str, object]:
    """What is sent."""
    return file.model_dump(mode="json", by_alias=True, exclude_none=True, exclude={"page"})


def format_of(into: Path) -> str:
    """The format that a file's name ends in."""
    return into.suffix.removeprefix(".").lower()
