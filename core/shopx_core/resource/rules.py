"""Rules that a schema cannot express, each as CEL for the API server and as its Python twin.

A model declares `rules`; the base class checks them after Pydantic's own validation, and the CRD
generator emits the same rows as `x-kubernetes-validations`. A `Transition` compares the old object
with the new one: the API server checks it on update; elsewhere `violated_transitions` does.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from shopx_core.resource.types import seconds


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over a model's own fields.

    Attributes:
        cel: The expression that must hold; `self` is the object.
        holds: The same in Python, given the model.
        message: What is wrong and what to do; shown by `kubectl` and by `shopx`.
        field: The field that the message points at, camelCase; empty = the object itself.
    """

    cel: str
    holds: Callable[[Any], bool]
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """One rule over a change; `oldSelf` is the stored object. The same fields as `Rule`."""

    cel: str
    holds: Callable[[Any, Any], bool]
    message: str
    field: str = ""


def duration_within(field: str, low: str, high: str) -> Rule:
    """The rule that a duration lies within two bounds, both allowed.

    Args:
        field: The field's name, camelCase.
        low: The shortest duration allowed.
        high: The longest duration allowed.
    """

    def holds(model: Any) -> bool:
        value = next(
            getattr(model, name)
            for name, info in type(model).model_fields.items()
            if info.alias == field
        )
        return value is None or seconds(low) <= seconds(value) <= seconds(high)

    return Rule(
        cel=(
            f"!has(self.{field}) || duration(self.{field}) >= duration('{low}')"
            f" && duration(self.{field}) <= duration('{high}')"
        ),
        holds=holds,
        message=f"must lie within {low} and {high}",
        field=field,
    )


class Resource(BaseModel):
    """The base of every part of the resource: camelCase aliases, no unknown fields."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )
    rules: ClassVar[tuple[Rule, ...]] = ()
    transitions: ClassVar[tuple[Transition, ...]] = ()

    @model_validator(mode="after")
    def _follow_rules(self) -> Self:
        broken = [rule for rule in self.rules if not rule.holds(self)]
        if broken:
            problems = [(rule.field, rule.message) for rule in broken]
            raise PydanticCustomError(
                "rule",
                "{text}",
                {
                    "text": "; ".join(
                        f"{field}: {text}" if field else text for field, text in problems
                    ),
                    "problems": problems,
                },
            )
        return self


def violated_transitions(old: Resource, new: Resource, path: str = "") -> Iterator[str]:
    """What the API server would reject about a change, in the order of the schema.

    Args:
        old: The stored object.
        new: The new object, of the same class.
        path: The path of both, for the messages; empty = they are whole objects.

    Yields:
        One sentence per broken rule.
    """
    for transition in new.transitions:
        if not transition.holds(old, new):
            where = f"{path}.{transition.field}" if transition.field else path
            yield f"{where.removeprefix('.')}: {transition.message}"
    for name, field in type(new).model_fields.items():
        before, after = getattr(old, name), getattr(new, name)
        if isinstance(before, Resource) and isinstance(after, Resource):
            yield from violated_transitions(before, after, f"{path}.{field.alias}")
