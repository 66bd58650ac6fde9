"""What can be read, one function for each root field; written by `make generate` from the schema."""

from collections.abc import Sequence

from shopx_client.generated import enums, inputs, models
from shopx_client.operation import Query, Step, arguments
from shopx_client.values import Amount

__all__ = [
    "CustomerQuery",
    "CustomersQuery",
    "OrdersQuery",
    "ProductQuery",
    "ProductsQuery",
    "ProfitabilityQuery",
    "RepsQuery",
    "SalesQuery",
    "SalesRepQuery",
    "annotations",
    "api_tokens",
    "customer",
    "customers",
    "data_sources",
    "feeds",
    "filter_options",
    "freshness",
    "import_job",
    "import_jobs",
    "import_limits",
    "imports",
    "metrics",
    "order",
    "orders",
    "product",
    "products",
    "profitability",
    "rep",
    "reporting",
    "reports",
    "reps",
    "sales",
    "saved_views",
    "viewer",
]


class CustomersQuery:
    """The customers of one period, and what is known of them all."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def kpis(
        self, *, metrics: Sequence[enums.MetricId] | None = None
    ) -> Query[list[models.Figure]]:
        """Figures of the period: CUSTOMERS, NEW_CUSTOMERS, RETURNING_CUSTOMERS and
        REVENUE_PER_CUSTOMER where `metrics` is null.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "kpis",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                    ),
                ),
            ),
            list[models.Figure],
            has_currency=True,
        )

    def segments(self) -> Query[models.Segments]:
        """Named segments over the whole history; period and filters do not apply."""
        return Query((*self._steps, Step("segments", ())), models.Segments, has_currency=True)

    def rfm(self) -> Query[models.RfmGrid]:
        """Customers by recency and frequency score over the whole history; period and filters
        do not apply.
        """
        return Query((*self._steps, Step("rfm", ())), models.RfmGrid, has_currency=True)

    def cohorts(
        self,
        *,
        metric: enums.CohortMetric | None = None,
        granularity: enums.Granularity | None = None,
        cohorts: int | None = None,
    ) -> Query[models.Cohorts]:
        """Cohorts by first order, in the reporting zone; period and filters do not apply.

        Args:
            metric: What the values are.
            granularity: WEEK, MONTH, QUARTER or YEAR.
            cohorts: How many of the newest units of time, 1 to 60.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "cohorts",
                    arguments(
                        ("metric", "CohortMetric!", metric),
                        ("granularity", "Granularity!", granularity),
                        ("cohorts", "Int!", cohorts),
                    ),
                ),
            ),
            models.Cohorts,
            has_currency=True,
        )

    def group_members(
        self,
        group: inputs.CustomerGroupInput,
        *,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.CustomerConnection]:
        """The customers of a segment, of a cell of `rfm` or of a cell of `cohorts`, by revenue
        so far; period and filters do not apply. Segments and scores are as last computed,
        cohorts as of now.

        Args:
            group: Who.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "groupMembers",
                    arguments(
                        ("group", "CustomerGroupInput!", group),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.CustomerConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )

    def concentration(self) -> Query[models.Concentration]:
        """What share of the revenue the best customers make, over the 365 days up to the newest
        sale; period and filters do not apply.
        """
        return Query(
            (*self._steps, Step("concentration", ())), models.Concentration, has_currency=True
        )

    def lifetime_value(self, *, limit: int | None = None) -> Query[models.LifetimeValue]:
        """What customers are worth, so far and expected, over the whole history; period and
        filters do not apply.

        Args:
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (*self._steps, Step("lifetimeValue", ())),
            models.LifetimeValue,
            pages=("customers",),
            limit=limit,
            has_currency=True,
        )

    def new_versus_returning(
        self, *, granularity: enums.Granularity | None = None
    ) -> Query[models.NewVersusReturning]:
        """First-time against returning customers over time.

        Args:
            granularity: The unit of the buckets; one that suits the period where it is left
                out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "newVersusReturning",
                    arguments(
                        ("granularity", "Granularity", granularity),
                    ),
                ),
            ),
            models.NewVersusReturning,
            has_currency=True,
        )

    def top(
        self,
        *,
        by: enums.MetricId | None = None,
        metrics: Sequence[enums.MetricId] | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.CustomerRankConnection]:
        """The period's customers by any metric; each row's figures are the ranking metric where
        `metrics` is null. Customers without a value of it come last either way. Places count
        from the highest value.

        Args:
            by: What ranks.
            metrics: Which figures, 1 to 12; the usual ones if null.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "top",
                    arguments(
                        ("by", "MetricId!", by),
                        ("metrics", "[MetricId!]", metrics),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.CustomerRankConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )


class OrdersQuery:
    """The orders of one period."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def placed(
        self,
        *,
        order_by: enums.PlacedOrder | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        week_hour: inputs.WeekHourInput | None = None,
        limit: int | None = None,
    ) -> Query[models.OrderConnection]:
        """The orders that the metric ORDERS counts, the newest first by default. `search` is a
        part of the order's key, or of the customer's name, key or address.

        Args:
            order_by: What orders the list.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            week_hour: Only orders placed in this hour of the week.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "placed",
                    arguments(
                        ("orderBy", "PlacedOrder!", order_by),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                        ("weekHour", "WeekHourInput", week_hour),
                    ),
                ),
            ),
            models.OrderConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )


class ProductsQuery:
    """The products of one period."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def ranking(
        self,
        *,
        by: enums.MetricId | None = None,
        metrics: Sequence[enums.MetricId] | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.ProductRankConnection]:
        """Products by any metric; each row's figures are the ranking metric where `metrics` is
        null. Products without a value of the metric come last either way. Places count from the
        highest value.

        Args:
            by: What ranks.
            metrics: Which figures, 1 to 12; the usual ones if null.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "ranking",
                    arguments(
                        ("by", "MetricId!", by),
                        ("metrics", "[MetricId!]", metrics),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.ProductRankConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )

    def abc(
        self, *, by: enums.MetricId | None = None, limit: int | None = None
    ) -> Query[models.AbcAnalysis]:
        """Pareto classes: which few products make most of a metric.

        Args:
            by: An additive metric: REVENUE, PROFIT, GROSS, UNITS.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "abc",
                    arguments(
                        ("by", "MetricId!", by),
                    ),
                ),
            ),
            models.AbcAnalysis,
            pages=("products",),
            limit=limit,
            has_currency=True,
        )

    def margins(
        self, *, volume: enums.MetricId | None = None, points: int | None = None
    ) -> Query[models.MarginMap]:
        """Products by margin and volume. Those without a known cost have no margin: they are
        left out, and counted.

        Args:
            volume: REVENUE or UNITS.
            points: How many products at most, 1 to 500.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "margins",
                    arguments(
                        ("volume", "MetricId!", volume),
                        ("points", "Int!", points),
                    ),
                ),
            ),
            models.MarginMap,
            has_currency=True,
        )

    def category_tree(
        self, *, metrics: Sequence[enums.MetricId] | None = None
    ) -> Query[list[models.CategoryNode]]:
        """The category tree, parents before children, siblings by the first metric, best first;
        categories that sold nothing in either period are left out. REVENUE where `metrics` is
        null; metrics that count orders or customers do not add up and are refused.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "categoryTree",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                    ),
                ),
            ),
            list[models.CategoryNode],
            has_currency=True,
        )

    def trend(
        self,
        *,
        products: Sequence[str] | None = None,
        metric: enums.MetricId | None = None,
        granularity: enums.Granularity | None = None,
    ) -> Query[models.ProductTrend]:
        """Products over time.

        Args:
            products: Ids of 1 to 10 products; the period's best five where null.
            metric: What the lines show.
            granularity: The unit of the buckets; one that suits the period where it is left
                out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "trend",
                    arguments(
                        ("products", "[ID!]", products),
                        ("metric", "MetricId!", metric),
                        ("granularity", "Granularity", granularity),
                    ),
                ),
            ),
            models.ProductTrend,
            has_currency=True,
        )

    def discount_bands(self) -> Query[list[models.DiscountBand]]:
        """What discounts do: sale lines by how much was taken off."""
        return Query(
            (*self._steps, Step("discountBands", ())), list[models.DiscountBand], has_currency=True
        )

    def pairs(
        self,
        *,
        by: enums.PairOrder | None = None,
        min_orders: int | None = None,
        limit: int | None = None,
    ) -> Query[models.ProductPairs]:
        """Products bought together, each pair once: from the product in fewer orders, or from
        the one that the panel's filters on products and categories choose. The panel's period
        and other filters do not apply.

        Args:
            by: What ranks.
            min_orders: Leave out pairs of fewer orders, 1 or more.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "pairs",
                    arguments(
                        ("by", "PairOrder!", by),
                        ("minOrders", "Int!", min_orders),
                    ),
                ),
            ),
            models.ProductPairs,
            pages=(),
            limit=limit,
            has_currency=True,
        )


class ProfitabilityQuery:
    """The profitability of one period."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def waterfall(self) -> Query[list[models.WaterfallBar]]:
        """From gross sales to gross profit, six bars in order; cost and profit are left out
        where no cost is known.
        """
        return Query(
            (*self._steps, Step("waterfall", ())), list[models.WaterfallBar], has_currency=True
        )

    def cost_coverage(self) -> Query[Amount | None]:
        """Which part of the revenue is of products with a known cost in the period: 1 is all,
        below 1 the profit takes the rest as if it had cost nothing; null without revenue. A
        product without any cost, as imports without costs have it, is unknown.
        """
        return Query((*self._steps, Step("costCoverage", ())), Amount | None, has_currency=True)

    def by(
        self,
        dimension: enums.Dimension,
        *,
        metrics: Sequence[enums.MetricId] | None = None,
        order_by: enums.MetricId | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.Breakdown]:
        """Profitability by a dimension; GROSS, DISCOUNTS, RETURNS, REVENUE, COST, PROFIT and
        MARGIN where `metrics` is null.

        Args:
            dimension: What the rows are.
            metrics: Which figures, 1 to 12; the usual ones if null.
            order_by: What ranks the rows.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "by",
                    arguments(
                        ("dimension", "Dimension!", dimension),
                        ("metrics", "[MetricId!]", metrics),
                        ("orderBy", "MetricId!", order_by),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.Breakdown,
            pages=(),
            limit=limit,
            has_currency=True,
        )

    def series(
        self,
        *,
        metrics: Sequence[enums.MetricId] | None = None,
        granularity: enums.Granularity | None = None,
    ) -> Query[models.Series]:
        """Profitability over time; REVENUE, PROFIT and MARGIN where `metrics` is null.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
            granularity: The unit of the buckets; one that suits the period where it is left
                out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "series",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                        ("granularity", "Granularity", granularity),
                    ),
                ),
            ),
            models.Series,
            has_currency=True,
        )

    def loss_makers(
        self,
        *,
        by: enums.Dimension | None = None,
        order_by: enums.MetricId | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.Breakdown]:
        """What lost money: members of a dimension with a negative profit, the worst first, with
        REVENUE, COST, DISCOUNTS, RETURNS, PROFIT and MARGIN.

        Args:
            by: What the rows are.
            order_by: What ranks the rows.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "lossMakers",
                    arguments(
                        ("by", "Dimension!", by),
                        ("orderBy", "MetricId!", order_by),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.Breakdown,
            pages=(),
            limit=limit,
            has_currency=True,
        )


class RepsQuery:
    """The sales reps in one period."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def leaderboard(
        self,
        *,
        by: enums.LeaderboardOrder | None = None,
        team: str | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        limit: int | None = None,
    ) -> Query[models.LeaderboardRowConnection]:
        """Reps by what they sold: everybody with a sale, a return or a quota in the period or
        the compared one. Ties are handled as in sports: 1, 2, 2, 4.

        Args:
            by: What ranks.
            team: Only this team, ranked among themselves; all if null.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "leaderboard",
                    arguments(
                        ("by", "LeaderboardOrder!", by),
                        ("team", "String", team),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                    ),
                ),
            ),
            models.LeaderboardRowConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )

    def pace(
        self,
        *,
        unit: enums.PaceUnit | None = None,
        team: str | None = None,
        rows: int | None = None,
    ) -> Query[models.Pace]:
        """How far the month or the quarter is in which the period ends, as of today, against
        the quotas, and where it will end. The comparison does not apply.

        Args:
            unit: Month or quarter.
            team: Only this team; all if null.
            rows: Reps to list at most, 1 to 100.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "pace",
                    arguments(
                        ("unit", "PaceUnit!", unit),
                        ("team", "String", team),
                        ("rows", "Int!", rows),
                    ),
                ),
            ),
            models.Pace,
            has_currency=True,
        )


class SalesQuery:
    """The sales of one period."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def kpis(
        self, *, metrics: Sequence[enums.MetricId] | None = None
    ) -> Query[list[models.Figure]]:
        """Figures of the period with their change; REVENUE, PROFIT, MARGIN, ORDERS,
        AVERAGE_ORDER_VALUE and UNITS where `metrics` is null.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "kpis",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                    ),
                ),
            ),
            list[models.Figure],
            has_currency=True,
        )

    def series(
        self,
        *,
        metrics: Sequence[enums.MetricId] | None = None,
        granularity: enums.Granularity | None = None,
    ) -> Query[models.Series]:
        """Figures over time beside those of the compared period; REVENUE where `metrics` is
        null.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
            granularity: The unit of the buckets; one that suits the period where it is left
                out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "series",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                        ("granularity", "Granularity", granularity),
                    ),
                ),
            ),
            models.Series,
            has_currency=True,
        )

    def breakdown(
        self,
        by: enums.Dimension,
        *,
        metrics: Sequence[enums.MetricId] | None = None,
        order_by: enums.MetricId | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Query[models.Breakdown]:
        """Figures by a dimension; REVENUE where `metrics` is null.

        Args:
            by: What the rows are.
            metrics: Which figures, 1 to 12; the usual ones if null.
            order_by: What ranks the rows; the first metric if null.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "breakdown",
                    arguments(
                        ("by", "Dimension!", by),
                        ("metrics", "[MetricId!]", metrics),
                        ("orderBy", "MetricId", order_by),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                    ),
                ),
            ),
            models.Breakdown,
            pages=(),
            limit=limit,
            has_currency=True,
        )

    def csv(
        self,
        by: enums.Dimension,
        *,
        metrics: Sequence[enums.MetricId] | None = None,
        order_by: enums.MetricId | None = None,
        sort: enums.SortValue | None = None,
        direction: enums.SortDirection | None = None,
        search: str | None = None,
        losses_only: bool | None = None,
        members_only: bool | None = None,
        rows: int | None = None,
        after: str | None = None,
        language: enums.Language | None = None,
    ) -> Query[models.CsvPart]:
        """A breakdown as text, for a file of all rows: POST /exports/sales.csv streams its
        parts one after the other.

        Args:
            by: What the rows are.
            metrics: Which figures, 1 to 12; the usual ones if null.
            order_by: What ranks the rows; the first metric if null.
            sort: Which part of the ranking figure orders the rows.
            direction: Which end comes first.
            search: Only members whose name, SKU, key or address has this part, in any case.
                Places, shares and totals stay those among all.
            losses_only: Only rows with a negative PROFIT.
            members_only: Without the row of sales that have no member, such as those without a
                customer: the rows of a ranking.
            rows: Rows of the part at most, 1 to 5000.
            after: Continue after the item with this cursor.
            language: Of the header and of what is said above it.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "csv",
                    arguments(
                        ("by", "Dimension!", by),
                        ("metrics", "[MetricId!]", metrics),
                        ("orderBy", "MetricId", order_by),
                        ("sort", "SortValue!", sort),
                        ("direction", "SortDirection!", direction),
                        ("search", "String", search),
                        ("lossesOnly", "Boolean!", losses_only),
                        ("membersOnly", "Boolean!", members_only),
                        ("rows", "Int!", rows),
                        ("after", "String", after),
                        ("language", "Language!", language),
                    ),
                ),
            ),
            models.CsvPart,
            has_currency=True,
        )

    def change(
        self, by: enums.Dimension, *, rows: int | None = None
    ) -> Query[models.Change | None]:
        """What the change of REVENUE since the compared period is made of: price, volume and
        mix over a dimension; null where nothing is compared.

        Args:
            by: What the rows are.
            rows: Members to list at most, 1 to 100.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "change",
                    arguments(
                        ("by", "Dimension!", by),
                        ("rows", "Int!", rows),
                    ),
                ),
            ),
            models.Change | None,
            has_currency=True,
        )

    def heatmap(self, *, metric: enums.MetricId | None = None) -> Query[models.Heatmap]:
        """A metric by weekday and hour.

        Args:
            metric: What the values are.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "heatmap",
                    arguments(
                        ("metric", "MetricId!", metric),
                    ),
                ),
            ),
            models.Heatmap,
            has_currency=True,
        )

    def forecast(
        self, *, metric: enums.MetricId | None = None, explained_by: enums.Dimension | None = None
    ) -> Query[models.Forecast]:
        """A forecast of a daily series, told only where it was better than the values of a week
        before. It knows the days up to the last complete one of the period; the comparison does
        not apply.

        Args:
            metric: REVENUE, GROSS, ORDERS or UNITS.
            explained_by: Of what the largest mover of an unusual day is one.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "forecast",
                    arguments(
                        ("metric", "MetricId!", metric),
                        ("explainedBy", "Dimension!", explained_by),
                    ),
                ),
            ),
            models.Forecast,
            has_currency=True,
        )

    def pareto(
        self, by: enums.Dimension, *, metric: enums.MetricId | None = None
    ) -> Query[models.ParetoCurve]:
        """The Pareto curve of a dimension's members: how the best make up a metric. Its classes
        are those of the products panel.

        Args:
            by: What the members are.
            metric: An additive metric: REVENUE, PROFIT, GROSS, UNITS.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "pareto",
                    arguments(
                        ("by", "Dimension!", by),
                        ("metric", "MetricId!", metric),
                    ),
                ),
            ),
            models.ParetoCurve,
            has_currency=True,
        )

    def live(self, *, metrics: Sequence[enums.MetricId] | None = None) -> Query[models.Live]:
        """Today so far against the same hours a week before (or the day before, where the
        panel's comparison does not match weekdays). The panel's filters and zone apply, its
        period does not. REVENUE, ORDERS and UNITS where `metrics` is null.

        Args:
            metrics: Which figures, 1 to 12; the usual ones if null.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "live",
                    arguments(
                        ("metrics", "[MetricId!]", metrics),
                    ),
                ),
            ),
            models.Live,
            has_currency=True,
        )


class CustomerQuery:
    """A person or a company that buys."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def read(self) -> Query[models.Customer]:
        """All of it that needs no argument."""
        return Query(self._steps, models.Customer, has_currency=True)

    def sales(
        self,
        *,
        period: inputs.PeriodInput | None = None,
        comparison: inputs.ComparisonInput | None = None,
        zone: str | None = None,
    ) -> SalesQuery:
        """The figures and series of this customer alone, and what they bought.

        Args:
            period: Which time; the last 28 days where it is left out.
            comparison: What to compare with; nothing where it is left out.
            zone: IANA time zone whose days and hours count, such as Europe/Berlin; the
                reporting zone where it is left out.
        """
        return SalesQuery(
            (
                *self._steps,
                Step(
                    "sales",
                    arguments(
                        ("period", "PeriodInput", period),
                        ("comparison", "ComparisonInput", comparison),
                        ("zone", "String", zone),
                    ),
                    about=models.Period,
                ),
            )
        )

    def orders(self, *, limit: int | None = None) -> Query[models.OrderConnection]:
        """Their orders, the newest first, with returns and adjustments that are documents of
        their own. Orders that their source has withdrawn or replaced are left out.

        Args:
            limit: How many rows of the list at most; all by default.
        """
        return Query(
            (*self._steps, Step("orders", ())),
            models.OrderConnection,
            pages=(),
            limit=limit,
            has_currency=True,
        )


class ProductQuery:
    """Something sold."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def read(self) -> Query[models.Product]:
        """All of it that needs no argument."""
        return Query(self._steps, models.Product, has_currency=True)

    def sales(
        self,
        *,
        period: inputs.PeriodInput | None = None,
        comparison: inputs.ComparisonInput | None = None,
        zone: str | None = None,
    ) -> SalesQuery:
        """The figures and series of this product alone, and by whom it was bought.

        Args:
            period: Which time; the last 28 days where it is left out.
            comparison: What to compare with; nothing where it is left out.
            zone: IANA time zone whose days and hours count, such as Europe/Berlin; the
                reporting zone where it is left out.
        """
        return SalesQuery(
            (
                *self._steps,
                Step(
                    "sales",
                    arguments(
                        ("period", "PeriodInput", period),
                        ("comparison", "ComparisonInput", comparison),
                        ("zone", "String", zone),
                    ),
                    about=models.Period,
                ),
            )
        )


class SalesRepQuery:
    """Somebody who sells."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps

    def read(self) -> Query[models.SalesRep]:
        """All of it that needs no argument."""
        return Query(self._steps, models.SalesRep, has_currency=True)

    def sales(
        self,
        *,
        period: inputs.PeriodInput | None = None,
        comparison: inputs.ComparisonInput | None = None,
        zone: str | None = None,
    ) -> SalesQuery:
        """The figures and series of this rep alone, by customer, product and the rest.

        Args:
            period: Which time; the last 28 days where it is left out.
            comparison: What to compare with; nothing where it is left out.
            zone: IANA time zone whose days and hours count, such as Europe/Berlin; the
                reporting zone where it is left out.
        """
        return SalesQuery(
            (
                *self._steps,
                Step(
                    "sales",
                    arguments(
                        ("period", "PeriodInput", period),
                        ("comparison", "ComparisonInput", comparison),
                        ("zone", "String", zone),
                    ),
                    about=models.Period,
                ),
            )
        )

    def attainment(
        self, *, period: inputs.PeriodInput | None = None, zone: str | None = None
    ) -> Query[models.Attainment]:
        """How much of their quota they sold.

        Args:
            period: Which time; the last 28 days where it is left out.
            zone: IANA time zone whose days and hours count, such as Europe/Berlin; the
                reporting zone where it is left out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "attainment",
                    arguments(
                        ("period", "PeriodInput", period),
                        ("zone", "String", zone),
                    ),
                ),
            ),
            models.Attainment,
            has_currency=True,
        )

    def monthly_attainment(
        self, *, period: inputs.PeriodInput | None = None, zone: str | None = None
    ) -> Query[list[models.MonthlyAttainment]]:
        """How much of their quota they sold, month by month.

        Args:
            period: Which time; the last 28 days where it is left out.
            zone: IANA time zone whose days and hours count, such as Europe/Berlin; the
                reporting zone where it is left out.
        """
        return Query(
            (
                *self._steps,
                Step(
                    "monthlyAttainment",
                    arguments(
                        ("period", "PeriodInput", period),
                        ("zone", "String", zone),
                    ),
                ),
            ),
            list[models.MonthlyAttainment],
            has_currency=True,
        )


def sales(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> SalesQuery:
    """Sales: KPIs, series, breakdowns, heat map, live figures.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return SalesQuery(
        (
            Step(
                "sales",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def products(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> ProductsQuery:
    """Products: ranking, Pareto classes, categories, pairs.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return ProductsQuery(
        (
            Step(
                "products",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def customers(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> CustomersQuery:
    """Customers: segments, cohorts, lifetime value, ranking.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return CustomersQuery(
        (
            Step(
                "customers",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def reps(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> RepsQuery:
    """Sales reps: the leaderboard.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return RepsQuery(
        (
            Step(
                "reps",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def profitability(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> ProfitabilityQuery:
    """Profitability: waterfall, breakdowns, series, loss-makers.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return ProfitabilityQuery(
        (
            Step(
                "profitability",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def orders(
    *,
    period: inputs.PeriodInput | None = None,
    comparison: inputs.ComparisonInput | None = None,
    zone: str | None = None,
    filters: inputs.FilterInput | None = None,
) -> OrdersQuery:
    """Orders: the documents behind the figures.

    Args:
        period: Which time; the last 28 days where it is left out.
        comparison: What to compare with; nothing where it is left out.
        zone: IANA time zone whose days and hours count, such as Europe/Berlin; the reporting
            zone where it is left out.
        filters: Which sales; all where it is left out.
    """
    return OrdersQuery(
        (
            Step(
                "orders",
                arguments(
                    ("period", "PeriodInput", period),
                    ("comparison", "ComparisonInput", comparison),
                    ("zone", "String", zone),
                    ("filters", "FilterInput", filters),
                ),
                about=models.Period,
            ),
        )
    )


def product(id: str) -> ProductQuery:
    """One product; the error NOT_FOUND if there is none.

    Args:
        id: Its global id.
    """
    return ProductQuery(
        (
            Step(
                "product",
                arguments(
                    ("id", "ID!", id),
                ),
            ),
        )
    )


def customer(id: str) -> CustomerQuery:
    """One customer; the error NOT_FOUND if there is none.

    Args:
        id: Its global id.
    """
    return CustomerQuery(
        (
            Step(
                "customer",
                arguments(
                    ("id", "ID!", id),
                ),
            ),
        )
    )


def rep(id: str) -> SalesRepQuery:
    """One sales rep; the error NOT_FOUND if there is none.

    Args:
        id: Its global id.
    """
    return SalesRepQuery(
        (
            Step(
                "rep",
                arguments(
                    ("id", "ID!", id),
                ),
            ),
        )
    )


def order(id: str) -> Query[models.Order | None]:
    """One order; the error NOT_FOUND if there is none.

    Args:
        id: Its global id.
    """
    return Query(
        (
            Step(
                "order",
                arguments(
                    ("id", "ID!", id),
                ),
            ),
        ),
        models.Order | None,
    )


def saved_views() -> Query[list[models.SavedView]]:
    """The caller's saved views and those shared with all, by name."""
    return Query((Step("savedViews", ()),), list[models.SavedView])


def annotations() -> Query[list[models.Annotation]]:
    """What happened on which days, the earliest first."""
    return Query((Step("annotations", ()),), list[models.Annotation])


def metrics() -> Query[list[models.Metric]]:
    """Every metric with its definition, in the order pages list them."""
    return Query((Step("metrics", ()),), list[models.Metric])


def filter_options(
    dimension: enums.Dimension,
    *,
    search: str | None = None,
    ids: Sequence[str] | None = None,
    limit: int | None = None,
) -> Query[models.FilterOptionConnection]:
    """What can be filtered by, by name.

    Args:
        dimension: Which dimension.
        search: A part of the name, SKU, key or address.
        ids: Only these, 1 to 100, in this order, and the id of none among them; ids that name
            nothing are left out. `search`, `first` and `after` do not apply.
        limit: How many rows of the list at most; all by default.
    """
    return Query(
        (
            Step(
                "filterOptions",
                arguments(
                    ("dimension", "Dimension!", dimension),
                    ("search", "String", search),
                    ("ids", "[ID!]", ids),
                ),
            ),
        ),
        models.FilterOptionConnection,
        pages=(),
        limit=limit,
    )


def reporting() -> Query[models.Reporting]:
    """The terms in which figures are reported."""
    return Query((Step("reporting", ()),), models.Reporting)


def freshness() -> Query[models.Freshness]:
    """How fresh each tier is."""
    return Query((Step("freshness", ()),), models.Freshness)


def viewer() -> Query[models.Viewer]:
    """Who is asking."""
    return Query((Step("viewer", ()),), models.Viewer)


def api_tokens() -> Query[list[models.ApiToken]]:
    """API tokens, the newest first; for admins."""
    return Query((Step("apiTokens", ()),), list[models.ApiToken])


def reports() -> Query[list[models.Report]]:
    """Scheduled reports and alerts, by name, with what was sent. Scope ADMIN."""
    return Query((Step("reports", ()),), list[models.Report])


def imports(
    *, source: str | None = None, limit: int | None = None
) -> Query[models.ImportRunConnection]:
    """Published imports, generations of sales and undos, the newest first.

    Args:
        source: Those of one source; all if null.
        limit: How many rows of the list at most; all by default.
    """
    return Query(
        (
            Step(
                "imports",
                arguments(
                    ("source", "String", source),
                ),
            ),
        ),
        models.ImportRunConnection,
        pages=(),
        limit=limit,
    )


def data_sources() -> Query[list[models.DataSource]]:
    """Where sales come from, at most 200 sources, that of the newest import first."""
    return Query((Step("dataSources", ()),), list[models.DataSource])


def import_limits() -> Query[models.ImportLimits]:
    """What is allowed to be uploaded."""
    return Query((Step("importLimits", ()),), models.ImportLimits)


def import_job(id: str) -> Query[models.ImportJob]:
    """A job about an import, as it is now. Scope INGEST.

    Args:
        id: Its global id.
    """
    return Query(
        (
            Step(
                "importJob",
                arguments(
                    ("id", "ID!", id),
                ),
            ),
        ),
        models.ImportJob,
    )


def import_jobs() -> Query[list[models.ImportJob]]:
    """The imports and undos under way and of the last day, at most 10, the newest first; of
    each feed the newest that ended alone. Scope INGEST.
    """
    return Query((Step("importJobs", ()),), list[models.ImportJob])


def feeds() -> Query[list[models.Feed]]:
    """Sources that are read again on a schedule, by name, as they are now. Scope INGEST."""
    return Query((Step("feeds", ()),), list[models.Feed])
