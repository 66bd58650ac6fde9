"""The pages of the dashboard as they are in files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from shopx_api.files.analysis_panels import Forecast, MarginMap, Pace, ParetoCurve
from shopx_api.files.panels import KeyFigures, Leaderboard, OverTime, Panel, Ranked, Waterfall
from shopx_core.errors import InvalidInput, NotFound
from shopx_core.texts import Text, say


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the dashboard."""

    title: Text
    panels: tuple[Panel, ...]

    def chosen(self, names: Sequence[str] | None) -> tuple[Panel, ...]:
        """The panels of these names, in the page's order; all of them without names.

        Raises:
            InvalidInput: The page has no panel of a name.
        """
        if not names:
            return self.panels
        known = [panel.name for panel in self.panels]
        for name in names:
            if name not in known:
                raise InvalidInput(
                    f"The page {self.title} has no panel {name!r}.",
                    hint=f"It has {', '.join(known)}.",
                )
        return tuple(panel for panel in self.panels if panel.name in names)


_SOLD: Final = ("revenue", "orders", "units")
PAGES: Final[Mapping[str, Page]] = MappingProxyType(
    {
        "overview": Page(
            say("doc.page-overview", "Overview"),
            (
                KeyFigures(
                    (
                        *("revenue", "profit", "margin", "orders", "average_order_value"),
                        *("units", "customers", "return_rate"),
                    )
                ),
                OverTime("revenue"),
                Forecast(),
                Ranked("CATEGORY", _SOLD),
                Ranked("PRODUCT", _SOLD),
                Ranked("CUSTOMER", _SOLD),
                Ranked("REGION", _SOLD),
                Ranked("CHANNEL", _SOLD),
            ),
        ),
        "products": Page(
            say("doc.page-products", "Products"),
            (
                KeyFigures(("revenue", "units", "units_per_order", "discount_rate", "return_rate")),
                OverTime("units"),
                Ranked("PRODUCT", ("revenue", "units", "profit")),
                Ranked("CATEGORY", ("revenue", "units", "profit")),
                ParetoCurve(),
                MarginMap(),
            ),
        ),
        "customers": Page(
            say("doc.page-customers", "Customers"),
            (
                KeyFigures(
                    (
                        *("customers", "new_customers", "returning_customers"),
                        *("revenue", "revenue_per_customer", "orders"),
                    )
                ),
                OverTime("customers"),
                Ranked("SEGMENT", ("revenue", "customers", "orders")),
                Ranked("CUSTOMER", ("revenue", "orders", "units")),
            ),
        ),
        "reps": Page(
            say("doc.page-reps", "Sales reps"),
            (
                KeyFigures(("revenue", "orders", "average_order_value", "units")),
                OverTime("revenue"),
                Leaderboard(),
                Pace(),
                Ranked("REP", ("revenue", "orders", "units")),
            ),
        ),
        "orders": Page(
            say("doc.page-orders", "Orders"),
            (
                KeyFigures(("orders", "average_order_value", "units_per_order", "revenue")),
                OverTime("orders"),
                Ranked("CHANNEL", ("orders", "revenue", "average_order_value")),
                Ranked("REGION", ("orders", "revenue", "average_order_value")),
            ),
        ),
        "profitability": Page(
            say("doc.page-profitability", "Profitability"),
            (
                KeyFigures(
                    (
                        *("gross", "discounts", "returns", "revenue"),
                        *("cost", "profit", "margin", "markup"),
                    )
                ),
                Waterfall(),
                OverTime("profit"),
                Ranked("CATEGORY", ("profit", "revenue", "margin")),
                Ranked("PRODUCT", ("profit", "revenue", "margin"), losses=True),
            ),
        ),
    }
)


def page(name: str) -> Page:
    """A page by its name.

    Raises:
        NotFound: There is none.
    """
    found = PAGES.get(name)
    if found is None:
        raise NotFound(f"There is no page {name!r}.", hint=f"There are {', '.join(PAGES)}.")
    return found
