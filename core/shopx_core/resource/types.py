r"""The scalar types of the resource: Kubernetes quantities, durations, names, schedules.

Patterns spell out their character classes, because `\w` and `\d` are ASCII to the API server and
Unicode to Pydantic. Values keep the text that the user wrote, so that an object round-trips
unchanged; the functions here convert it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from shopx_core.resource import cron

_DURATION_PART = re.compile(r"([0-9]+)(ms|s|m|h)")
_UNIT_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([a-zA-Z]*)")
_MULTIPLIERS = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6,
    "G": Decimal(10) ** 9,
    "T": Decimal(10) ** 12,
    "P": Decimal(10) ** 15,
    "Ki": Decimal(2) ** 10,
    "Mi": Decimal(2) ** 20,
    "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40,
    "Pi": Decimal(2) ** 50,
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
    """The value of a quantity such as `500m`, `2` or `10Gi`, in its base unit.

    Raises:
        ValueError: The text is not a quantity.
    """
    match = _QUANTITY.fullmatch(quantity)
    # A digest such as 213085e7f is digits and letters too.
    if match is None or match[2] not in _MULTIPLIERS:
        message = f"{quantity!r} is not a quantity"
        raise ValueError(message)
    return Decimal(match[1]) * _MULTIPLIERS[match[2]]


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


Quantity = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9]{1,15}(\.[0-9]{1,6})?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$", max_length=24
    ),
    # After the constraints, or the pattern would be missing from the schema.
    BeforeValidator(_number_as_text),
    Field(json_schema_extra={"x-kubernetes-int-or-string": True}),
]
Duration = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{1,6}(ms|s|m|h)){1,3}$", max_length=24)
]
WORDS = "x-words"
"""In a type's JSON schema: what is said of a value that its pattern refuses.

The CRD has the pattern as a rule with this message; otherwise the API server would show it.
"""
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
AnyObject = Annotated[
    dict[str, Any],
    Field(max_length=64, json_schema_extra={"x-kubernetes-preserve-unknown-fields": True}),
]
