"""A panel: figures over one period, served at a root field of its own."""

from collections.abc import Callable
from typing import Any, TypeVar

import strawberry

from shopx_api.data.context import Info
from shopx_api.panels.selection import Selection, select
from shopx_api.types.cost import cost as cost_metadata
from shopx_api.types.figures import LeftOut, Period
from shopx_api.types.inputs import ComparisonArg, FilterArg, PeriodArg, ZoneArg
from shopx_store.query.left_out import MONEY

P = TypeVar("P", bound="Panel")

_root_fields: list[tuple[int, Any]] = []


@strawberry.type(description="A panel over one period.")
class Panel:
    """The base of every panel; not a type of the schema itself."""

    selection: strawberry.Private[Selection]

    @strawberry.field(description="The period as it was understood.")
    def period(self) -> Period:
        """The period as it was understood."""
        return self.selection.to_period(self.selection.period)

    @strawberry.field(description="The compared period, whole; null without comparison.")
    def comparison(self) -> Period | None:
        """The whole compared period."""
        compared = self.selection.comparison
        return self.selection.to_period(compared) if compared else None

    @strawberry.field(
        description="What the period's money leaves out, because a currency has no exchange rate "
        "for a day. The response's `extensions.leftOut` has the same for all that it shows.",
        metadata=cost_metadata(12),
    )
    async def left_out(self, info: Info) -> list[LeftOut]:
        """What the period's money leaves out."""
        found = await info.context.data.amounts_left_out(self.selection.query(MONEY))
        return [LeftOut.of(amounts) for amounts in found]


def root_field(
    name: str, *, order: int, cost: float, description: str
) -> Callable[[type[P]], type[P]]:
    """Serve a panel at a root field that takes the arguments of all panels.

    Args:
        name: The field's name, in snake case.
        order: The field's position among the panels of the schema.
        cost: Cost units of the field itself; see `shopx_api.types.cost`.
        description: The field's description in the schema.
    """

    def register(panel: type[P]) -> type[P]:
        async def resolve(
            info: Info,
            period: PeriodArg = None,
            comparison: ComparisonArg = None,
            zone: ZoneArg = None,
            filters: FilterArg = None,
        ) -> Panel:
            selection = await select(
                info.context, period=period, comparison=comparison, zone=zone, filters=filters
            )
            return panel(selection=selection)

        field: Any = strawberry.field(
            resolver=resolve,
            graphql_type=panel,
            description=description,
            metadata=cost_metadata(cost),
        )
        field.python_name = name
        _root_fields.append((order, field))
        return panel

    return register


def root_fields() -> list[Any]:
    """The root fields of every imported panel, in the order of the schema."""
    return [field for _, field in sorted(_root_fields, key=lambda pair: pair[0])]
