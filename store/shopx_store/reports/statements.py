"""SQL of reports, for both drivers; parameters are numbered: `$1`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from shopx_core.domain.periods.ranges import Preset
from shopx_core.domain.reports import (
    Alert,
    Channel,
    ComparedWith,
    Condition,
    Definition,
    FileFormat,
    checked,
)
from shopx_core.resource import cron

_DEFINED: Final = (
    "name, page, panels, preset, comparison, filters, zone, formats, channel, targets, schedule,"
    " metric, condition, threshold"
)
COLUMNS: Final = f"id, {_DEFINED}, paused, created_by, created_at, condition_met, problem"
CREATE: Final = f"""
insert into reports ({_DEFINED}, created_by)
values ($1, $2, $3, $4, $5, $6::text::jsonb, $7, $8, $9, $10, $11, $12, $13, $14, $15)
returning {COLUMNS}
"""
LIST: Final = f"select {COLUMNS} from reports order by name, id"
ONE: Final = f"select {COLUMNS} from reports where id = $1"
# A schedule is not caught up on what passed while it was paused.
PAUSE: Final = f"""
update reports set paused = $2,
    scheduled_until = case when paused and not $2 then now() else scheduled_until end
where id = $1 returning {COLUMNS}
"""
DELETE: Final = "delete from reports where id = $1 returning name"
SEND_NOW: Final = """
insert into report_deliveries (report_id, due_at, target)
select id, clock_timestamp(), target from reports cross join unnest(targets) as target
where id = $1 returning id
"""
HISTORY: Final = """
select id, due_at, target, state, attempts, next_attempt_at, finished_at, observed, detail
from report_deliveries where report_id = $1 order by due_at desc, id desc limit $2
"""


def values(definition: Definition, filters: str) -> list[Any]:
    """The parameters of `CREATE` but the last.

    Args:
        definition: What `kept` returned.
        filters: Its filters as JSON.
    """
    alert = definition.alert
    return [
        definition.name.strip(),
        definition.page,
        list(definition.panels),
        definition.preset.value,
        definition.comparison.value,
        filters,
        definition.zone,
        [one.value for one in definition.formats],
        definition.channel.value,
        list(definition.targets),
        definition.schedule,
        alert.metric if alert else None,
        alert.condition.value if alert else None,
        alert.threshold if alert else None,
    ]


def kept(definition: Definition) -> Definition:
    """Return a definition that can be kept.

    Raises:
        InvalidInput: A part of it is not valid; the message says which.
    """
    cron.check(definition.schedule)
    return checked(definition)


def definition_of(row: Mapping[str, Any], filters: Mapping[str, Any]) -> Definition:
    """The definition in a row of `COLUMNS`.

    Args:
        row: The row.
        filters: Its filters, parsed.
    """
    alert = None
    if row["metric"] is not None:
        threshold = Decimal(row["threshold"])
        alert = Alert(row["metric"], Condition(row["condition"]), threshold)
    formats: Sequence[str] = row["formats"]
    return Definition(
        name=row["name"],
        page=row["page"],
        panels=tuple(row["panels"]),
        preset=Preset(row["preset"]),
        comparison=ComparedWith(row["comparison"]),
        filters=filters,
        zone=row["zone"],
        formats=tuple(FileFormat(one) for one in formats),
        channel=Channel(row["channel"]),
        targets=tuple(row["targets"]),
        schedule=row["schedule"],
        alert=alert,
    )
