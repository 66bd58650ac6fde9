r"""The scalar types of the resource: Kubernetes quantities, durations, names, schedules.

Patterns spell out their character classes, because `\w` and `\d` are ASCII to the API server and
Unicode to Pydantic. Values keep the text that the user wrote, so that an object round-trips
unchanged; the functions here convert it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from shopx_core.resource import cron

_DURATION_PART = re.compile(r"([0-9]+)(ms|s|m|h)")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?")
_UNIT_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_MULTIPLIERS = {
    "n": Decimal(10) ** -9,
    "u": Decimal(10) ** -6,
    "m": Decimal(10) ** -3,
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
    "Ei": Decimal(2) ** 60,
    # Last: every text ends with it.
    "": Decimal(1),
}


def seconds(duration: str) -> float:
    """The length of a duration such as `30s`, `1m30s` or `500ms`, in seconds."""
    return float(
        sum(
            (Decimal(number) * _UNIT_SECONDS[unit])
            for number, unit in _DURATION_PART.findall(duration)
        )
    )


def amount(quantity: str) -> Decimal:
    """The value of a quantity such as `500m`, `2`, `1e3` or `10Gi`, in its base unit.

    The form is that of Kubernetes: a decimal number with a suffix or an exponent, not both. The API
    server takes no value beyond 2^63, so exponents have at most two digits.

    Raises:
        ValueError: The text is not a quantity.
    """
    suffix = next(one for one in _MULTIPLIERS if quantity.endswith(one))
    number = quantity.removesuffix(suffix)
    if _NUMBER.fullmatch(number) and not (suffix and "e" in number.lower()):
        return Decimal(number) * _MULTIPLIERS[suffix]
    message = f"{quantity!r} is not a quantity"
    raise ValueError(message)


def _unchanged(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class Setting:
    """Annotates a field of the spec whose value is a setting of the processes.

    `settings_from_spec` reads these annotations: a new field needs no other code.
    """

    path: str
    """The setting, such as `cache.ttl_min`."""
    convert: Callable[[Any], Any] = _unchanged
    """From the spec's value to that of the setting."""


def _number_as_text(value: Any) -> Any:
    """YAML reads `cpu: 2` as a number; Kubernetes takes whole ones as a quantity."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _real_quantity(value: str) -> str:
    try:
        negative = amount(value) < 0
    except ValueError:
        negative = True
    if negative:
        raise PydanticCustomError("quantity", QUANTITY_WORDS)
    return value


WORDS = "x-words"
"""In a type's JSON schema: what is said of a value that its pattern refuses.

The CRD has the pattern as a rule with this message; otherwise the API server would show it.
"""
QUANTITY_WORDS: Final = "is no quantity, such as 500m, 2 or 10Gi"
Quantity = Annotated[
    str,
    StringConstraints(max_length=24),
    AfterValidator(_real_quantity),
    # After the constraints, or they would be missing from the schema.
    BeforeValidator(_number_as_text),
    Field(json_schema_extra={"x-kubernetes-int-or-string": True, WORDS: QUANTITY_WORDS}),
]
Duration = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{1,6}(ms|s|m|h)){1,3}$", max_length=24)
]
Cron = Annotated[
    str,
    StringConstraints(pattern=cron.PATTERN, max_length=100),
    Field(json_schema_extra={WORDS: cron.WORDS}),
]

# RFC 1123: what object names and host names are made of.
Name = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.\-]*[a-z0-9])?$", min_length=1, max_length=253),
]
Host = Annotated[
    str,
    StringConstraints(
        pattern=r"^(\*\.)?[a-z0-9]([a-z0-9\-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9\-]*[a-z0-9])?)*$",
        min_length=1,
        max_length=253,
    ),
]
Cidr = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F:.]{2,39}/[0-9]{1,3}$", max_length=43)]
Permitted = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9.:*\-]+(/[0-9]{1,3})?$", max_length=253)
]
"""A network or a host name inside that may be connected to."""
SecretKey = Annotated[str, StringConstraints(pattern=r"^[\-._a-zA-Z0-9]+$", max_length=253)]
ImageReference = Annotated[
    str,
    StringConstraints(pattern=r"^[a-zA-Z0-9][A-Za-z0-9_.\-/:@]*$", min_length=1, max_length=512),
]
ImageTag = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.\-]*$", min_length=1, max_length=128)
]
HeaderName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9\-]+$", min_length=1, max_length=64)
]
MetadataKey = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9][a-z0-9.\-]*/)?[A-Za-z0-9]([A-Za-z0-9_.\-]*[A-Za-z0-9])?$",
        max_length=317,
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.\-]*[A-Za-z0-9])?)?$", max_length=63)
]
AnnotationValue = Annotated[str, StringConstraints(max_length=4096)]
Text = Annotated[str, StringConstraints(max_length=1024)]
ShortText = Annotated[str, StringConstraints(max_length=253)]
Timestamp = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+\-][0-9]{2}:[0-9]{2})$",
        max_length=40,
    ),
]

Labels = Annotated[dict[MetadataKey, LabelValue], Field(max_length=32)]
Annotations = Annotated[dict[MetadataKey, AnnotationValue], Field(max_length=32)]
VariableName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=128)
]
Variables = Annotated[dict[VariableName, AnnotationValue], Field(max_length=32)]
AnyObject = Annotated[
    dict[str, Any],
    Field(max_length=64, json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}),
]
