"""What a publication refuses, because it would book or take back more than was probably meant."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, LiteralString, Self

import psycopg

from shopx_core.errors import InvalidInput, RateMissing
from shopx_core.texts import joined, say
from shopx_store.importing.reading import changed

Place = Callable[[int], str]
"""The file and row of a staged row."""


@dataclass(frozen=True, slots=True)
class MissingLimit:
    """How many booked lines an import may take back without others in their place.

    Attributes:
        lines: So many; `None` = by the share.
        share: Of the booked lines that are compared, 0 to 1.
        given: Whether the user said so: then also an export without any line is taken at its word.
    """

    lines: int | None = None
    share: Decimal = Decimal("0.05")
    given: bool = False

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number of lines, or a share such as 5%.

        Raises:
            ValueError: The text is neither.
        """
        number = text.strip().removesuffix("%")
        if not re.fullmatch(r"\d{1,12}(\.\d{1,6})?", number, re.ASCII):
            raise ValueError("a number of lines, or a share such as 5%")
        if text.strip().endswith("%"):
            return cls(share=Decimal(number) / 100, given=True)
        return cls(lines=int(Decimal(number)), given=True)

    def allows(self, missing: int, booked: int) -> bool:
        """Whether so many lines may be taken back."""
        return missing <= (self.share * booked if self.lines is None else self.lines)

    def __str__(self) -> str:
        """As a user writes it."""
        if self.lines is not None:
            return f"{self.lines:,}"
        return f"{(self.share * 100).normalize():f}%"


DEFAULT_LIMIT = MissingLimit()
NO_LIMIT = MissingLimit(share=Decimal(1), given=True)

_LAST_RUN = """
select content_fields, summary -> 'reading' from import_runs r
where source_id = %s and mode not in ('seed', 'undo')
    and not exists (select from import_runs u where u.undoes = r.id)
order by id desc limit 1
"""


def last_run(connection: psycopg.Connection, source: int) -> tuple[str, dict[str, str] | None]:
    """What the source's last import that stands identified lines by, and how it read that."""
    row = connection.execute(_LAST_RUN, (source,)).fetchone()
    return (row[0], row[1]) if row else ("", None)


def same_fields(name: str, before: str, now: str) -> None:
    """Refuse to identify lines by other fields than the source's last import.

    Raises:
        InvalidInput: The fields differ.
    """
    if before and now and before != now:
        raise InvalidInput(
            say(
                "import.last-import-mapped-other",
                "The last import of {name} mapped other fields ({before}) than this one ({now})."
                " Without keys, lines are identified by their fields, so all of them would count"
                " a second time.",
                name=repr(name),
                before=before,
                now=now,
            ),
            hint=say(
                "import.map-same-fields-replace",
                "Map the same fields; or replace what is booked: --mode replace replaces the"
                " orders that the files have, --mode snapshot --extent files all of the files'"
                " days.",
            ),
        )


def same_reading(name: str, before: dict[str, str] | None, now: dict[str, str], new: int) -> None:
    """Refuse new lines where what identifies them is read otherwise than in the last import.

    Raises:
        InvalidInput: It is.
    """
    differences = changed(before, now) if before and new else []
    if differences:
        raise InvalidInput(
            say(
                "import.lines-would-new-mapping",
                "{new, number} lines would be new, and the mapping reads what identifies them"
                " otherwise than in the last import of {name}: {differences}. Lines that are"
                " booked would be booked a second time; nothing was imported.",
                new=new,
                name=repr(name),
                differences=list(differences),
            ),
            hint=say(
                "import.if-these-other-lines",
                "If these are other lines, say --known-orders extend. To replace what is booked:"
                " --mode snapshot --extent files takes back the lines of the files' days.",
            ),
        )


# Lines that the files lack: also those of a cancelled order, which must stay cancelled. A refund
# booked here is none of them.
_LACKING = """
select from known_lines k where k.order_id = h.known_id
    and (k.unreversed or k.reversed_by = 'void')
    and not exists (select from import_lines m where m.order_id = h.id and m.identity = k.identity)
"""
_BESIDE: LiteralString = f"""
select count(*), count(distinct i.order_key), min(i.row_no)
from import_lines i join import_headers h on h.id = i.order_id
where i.status = 'new' and h.known_id is not null and exists ({_LACKING})
"""
_EXAMPLE: LiteralString = """
select i.order_key, i.booked_at, p.name, i.quantity, i.gross, k.booked_at, q.name, k.quantity,
    k.gross
from import_lines i join import_headers h on h.id = i.order_id
join products p on p.id = i.product_id
join known_lines k on k.order_id = h.known_id and (k.unreversed or k.reversed_by = 'void')
    and not exists (select from import_lines m where m.order_id = h.id and m.identity = k.identity)
join products q on q.id = k.product_id
where i.row_no = %s order by k.product_id = i.product_id desc, k.id limit 1
"""


def nothing_beside(connection: psycopg.Connection, place: Place) -> None:
    """Refuse lines without key that are new to a known order, which has others that the files lack.

    They may be those, read otherwise: with another date, customer or amount.

    Raises:
        InvalidInput: There are such lines.
    """
    lines, orders, row = connection.execute(_BESIDE).fetchone() or (0, 0, None)
    if not lines:
        return
    example: Any = connection.execute(_EXAMPLE, (row,)).fetchone()
    key, *both = example
    raise InvalidInput(
        say(
            "import.lines-would-booked-beside",
            "{lines, number} lines would be booked beside what {orders, number} known orders"
            " have, and the files lack lines that those have: the export or the mapping has"
            " changed, and both would count. The first: {place}, order {key}: the file has"
            " {given}, booked is {booked}. Nothing was imported.",
            lines=lines,
            orders=orders,
            place=place(row),
            key=repr(key),
            given=_line(*both[:4]),
            booked=_line(*both[4:]),
        ),
        hint=say(
            "import.replace-or-extend",
            "--mode replace takes back what these orders have and books what the files have;"
            " --known-orders extend books both on purpose.",
        ),
        lines=lines,
    )


def _line(at: dt.datetime, product: str, quantity: Decimal, gross: Decimal) -> str:
    return say(
        "import.a-line",
        "{quantity} of {product} for {gross} at {at} UTC",
        quantity=f"{quantity.normalize():f}",
        product=repr(product),
        gross=f"{gross:f}",
        at=f"{at:%Y-%m-%d %H:%M}",
    )


_OTHER_CURRENCY: LiteralString = f"""
select h.order_key, h.row_no, k.currency, o.currency, count(*) over ()
from import_headers h join import_orders o using (order_key)
join known_orders k on k.id = h.known_id
where o.currency <> k.currency and (
    h.status = 'same' and exists (
        select from import_lines i where i.order_id = h.id and i.status = 'new')
    or h.status = 'changed' and exists ({_LACKING}))
order by h.row_no limit 1
"""


def same_currency(connection: psycopg.Connection, place: Place) -> None:
    """Refuse lines in another currency than their known order has.

    Raises:
        InvalidInput: An order would have two currencies.
    """
    row = connection.execute(_OTHER_CURRENCY).fetchone()
    if row is not None:
        key, number, booked, given, orders = row
        raise InvalidInput(
            say(
                "import.known-orders-another-currency",
                "{orders, number} known orders have another currency in the files. The first:"
                " {place}, order {key} is booked in {booked}, and the file has it in {given}. An"
                " order has one currency; nothing was imported.",
                orders=orders,
                place=place(number),
                key=repr(key),
                booked=booked,
                given=given,
            ),
            hint=say(
                "import.replace-their-lines",
                "--mode replace takes back what the orders have and books what the files have.",
            ),
        )


_MISSING: LiteralString = """
select coalesce(sum(greatest(lines - replaced, 0)), 0)::bigint,
    coalesce(sum(lines) filter (where ordered_at < %(first)s or ordered_at > %(last)s), 0)::bigint,
    (select count(*) from known_lines where unreversed)
from (
    select k.order_id, o.ordered_at, count(*) as lines, coalesce((
        select count(*) from import_lines i join import_headers h on h.id = i.order_id
        where h.known_id = k.order_id and i.status = 'new'), 0) as replaced
    from known_lines k join import_reversals r using (id) join known_orders o on o.id = k.order_id
    where r.reason = 'missing' group by k.order_id, o.ordered_at
) m
"""


class TooManyMissing(InvalidInput):
    """More booked lines are missing than allowed; nothing was imported."""


def few_missing(connection: psycopg.Connection, limit: MissingLimit) -> None:
    """Refuse to take back more booked lines than allowed.

    Raises:
        TooManyMissing: More are missing.
    """
    first, last = connection.execute(
        "select min(ordered_at), max(ordered_at) from import_orders"
    ).fetchone() or (None, None)
    missing, outside, booked = connection.execute(
        _MISSING, {"first": first, "last": last}
    ).fetchone() or (0, 0, 0)
    if not missing or (limit.allows(missing, booked) and (first or limit.given)):
        return
    if first is None and not limit.given:
        raise TooManyMissing(
            say(
                "import.source-line-all-booked",
                "The source has no line at all, and {missing, number} are booked; nothing was"
                " imported.",
                missing=missing,
            ),
            hint=say("import.take-them-all-back", "To take them all back, say --yes."),
            missing=missing,
            booked=booked,
        )
    is_beyond = bool(first and outside)
    beyond = is_beyond and say(
        "import.missing-beyond",
        "{outside, number} of them are of orders outside {first} to {last}, the days that the files"
        " have.",
        outside=outside,
        first=first.date(),
        last=last.date(),
    )
    raise TooManyMissing(
        joined(
            say(
                "import.lines-missing",
                "{missing, number} of {booked, number} booked lines are missing from the files and"
                " would be taken back, which is more than --max-missing {limit}; nothing was"
                " imported.",
                missing=missing,
                booked=booked,
                limit=limit,
            ),
            beyond or None,
        ),
        hint=joined(
            say(
                "import.allow-missing",
                "If the files are complete, say --yes, or allow more with --max-missing.",
            ),
            say("import.say-extent", "If they hold these days alone, say --extent files.")
            if is_beyond
            else None,
        ),
        missing=missing,
        booked=booked,
    )


_WITHOUT_RATE: LiteralString = """
select h.currency, r.currency, min((h.ordered_at at time zone r.timezone)::date), count(*),
    min(h.row_no)
from import_headers h cross join reporting r
left join (select currency, min(day) as day from rates group by currency) t
    on t.currency = h.currency
where h.currency <> r.currency
    and (t.day is null or t.day > (h.ordered_at at time zone r.timezone)::date)
    and exists (select from import_sums s
        where s.order_id = h.id and s.status not in ('same', 'reversed'))
group by 1, 2 order by 1
"""


def every_rate(connection: psycopg.Connection, place: Place) -> None:
    """Refuse to book lines in a currency without a rate: no figure over them could be answered.

    Raises:
        RateMissing: A currency has no rate on or before the day of an order.
    """
    rows = connection.execute(_WITHOUT_RATE).fetchall()
    if not rows:
        return
    lacking = [
        say(
            "import.orders-without-rate",
            "{orders, number} orders in {currency} from {day} on (the first: {place})",
            orders=orders,
            currency=currency,
            day=day,
            place=place(row),
        )
        for currency, _, day, orders, row in rows
    ]
    reporting = rows[0][1]
    commands = "; ".join(f"shopx rates set {row[0]} {row[2]} RATE" for row in rows)
    raise RateMissing(
        say(
            "import.exchange-rate-into-known",
            "No exchange rate into {reporting} is known for {lacking}; nothing was imported.",
            reporting=reporting,
            lacking=lacking,
        ),
        hint=say(
            "import.add-rate-units-all",
            "Add one: {commands} (RATE: units of {reporting} for one), or all with `shopx rates"
            " import`. If everything is sold in one currency, make it `reporting.currency`.",
            commands=commands,
            reporting=reporting,
        ),
    )
