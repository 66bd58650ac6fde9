"""What every panel says of itself."""

import strawberry

from shopx_api.panels.selection import Selection
from shopx_api.types.figures import Period


@strawberry.type(description="A panel over one period.")
class Panel:
    """Panels inherit it; it is no type of the schema itself."""

    selection: strawberry.Private[Selection]

    @strawberry.field(description="The period as it was understood.")
    def period(self) -> Period:
        """The period as it was understood."""
        return self.selection.show(self.selection.period)

    @strawberry.field(description="The compared period, whole; null without comparison.")
    def comparison(self) -> Period | None:
        """The compared period, whole."""
        whole = self.selection.whole
        return self.selection.show(whole) if whole else None
