"""How the API writes values in JSON: exact amounts, instants with an offset, names in camelCase."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    model_validator,
)
from pydantic.alias_generators import to_camel


def _exact(value: Any) -> Any:
    if isinstance(value, bool | float):
        raise ValueError(  # noqa: TRY004, Pydantic reports a ValueError with the field's name
            f"{value!r} is not exact: pass a Decimal, a text such as '12.50', or a whole number"
        )
    return value


def _written(value: Any) -> Any:
    if isinstance(value, bool | int | float):
        raise ValueError(  # noqa: TRY004, the same
            f"{value!r} is no instant: pass a datetime with a zone, or ISO 8601 with an offset"
        )
    return value


def _aware(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value} has no zone: pass a datetime with one")
    return value


def _plain_digits(value: Decimal) -> str:
    return format(value, "f")


Amount = Annotated[
    Decimal, BeforeValidator(_exact), PlainSerializer(_plain_digits, return_type=str)
]
"""An exact number; a float is refused."""
Instant = Annotated[dt.datetime, BeforeValidator(_written), AfterValidator(_aware)]
"""A datetime with a zone; one without is refused, because it would mean several instants."""
Day = dt.date
"""A day of the calendar."""


SaidText = dict[str, Any]
"""A sentence with its English `text`, its `code` and `values`."""


class Model(BaseModel):
    """What the API answers with."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, populate_by_name=True)


class PageInfo(Model):
    """Whether a list goes on, and where."""

    has_next_page: bool
    end_cursor: str | None


class Connection(Model):
    """A list that the API gives in pages; its type adds `nodes`, the rows that were read."""

    page_info: PageInfo
    """Of the last page that was read: a list that `limit` cut has a next page."""


class Input(BaseModel):
    """What the API is told."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True
    )


class OneOfInput(Input):
    """What the API is told in one of several ways."""

    @model_validator(mode="after")
    def _has_one(self) -> "OneOfInput":
        if len(self.model_fields_set) != 1:
            raise ValueError(f"set exactly one of {', '.join(type(self).model_fields)}")
        return self


def to_json(value: Any) -> Any:
    """A value of an argument as JSON has it.

    Raises:
        TypeError: It is a float, a datetime without a zone, or of a type that the API has not.
    """
    if isinstance(value, Input):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if isinstance(value, dt.datetime):
        if value.tzinfo is None:
            raise TypeError(f"{value} has no zone: pass a datetime with one.")
        return value.isoformat(timespec="microseconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return _plain_digits(value)
    if value is None or isinstance(value, str | bool | int):
        # An enumeration's member is its text.
        return value
    raise TypeError(f"{value!r} of type {type(value).__name__} cannot be sent.")
