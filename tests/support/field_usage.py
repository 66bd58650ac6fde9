"""Which fields of Pydantic models a code base reads, found in its syntax trees.

An access `expression.field` counts for a model when the expression can be one: it ends in the name
of a field of that type, it calls a function that is annotated to return one, or it is a variable
that was annotated as the model or assigned from such an expression. A property counts as reading
the fields that its code names; `model_dump` reads all fields.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

Model = type[BaseModel]
Field = tuple[str, str]
"""The names of a model and of its field."""
_ASSIGNMENT_DEPTH = 3
"""How many variables may be assigned one from another."""


def models_in(annotation: Any) -> Iterator[Model]:
    """The models inside an annotation such as `Model | None` or `list[Model]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models_in(inner)


def models_below(root: Model) -> dict[str, Model]:
    """A model and every model that its fields hold, by name."""
    found = {root.__name__: root}
    for info in root.model_fields.values():
        for inner in models_in(info.annotation):
            if inner.__name__ not in found:
                found |= models_below(inner)
    return found


def unread_fields(root: Model, held_as: str, modules: Iterable[ast.Module]) -> set[Field]:
    """Fields of a model, and of those below it, that no module reads.

    Args:
        root: The model.
        held_as: The attribute that holds it, such as `spec`.
        modules: The syntax trees to search.
    """
    usage = _Usage(models_below(root))
    usage.held[held_as] = {root.__name__}
    trees = [[*ast.walk(module)] for module in modules]
    for nodes in trees:
        usage.add_functions(nodes)
    for nodes in trees:
        usage.add_accesses(nodes)
    return usage.unread()


class _Usage:
    def __init__(self, models: Mapping[str, Model]) -> None:
        self._models = models
        bases = {base.__name__: base for model in models.values() for base in model.__mro__}
        self._names = {
            name: {other for other, model in models.items() if issubclass(model, base)}
            for name, base in bases.items()
            if base.__module__.startswith("shopx_") or name in models
        }
        self._read: set[Field] = set()
        self._returns: dict[str, set[str]] = {}
        self.held: dict[str, set[str]] = {}
        """By attribute: the models that it may hold."""
        for model in models.values():
            for name, info in model.model_fields.items():
                for inner in models_in(info.annotation):
                    self.held.setdefault(name, set()).add(inner.__name__)

    def add_functions(self, nodes: Iterable[ast.AST]) -> None:
        """Note which functions return a model."""
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
                found = self._annotated(node.returns)
                if found:
                    self._returns.setdefault(node.name, set()).update(found)

    def add_accesses(self, nodes: Iterable[ast.AST]) -> None:
        """Note which fields one module reads."""
        nodes = [*nodes]
        variables: dict[str, set[str]] = {}
        for _ in range(_ASSIGNMENT_DEPTH):
            for target, types in self._bindings(nodes, variables):
                if types:
                    variables.setdefault(target, set()).update(types)
        for node in nodes:
            if isinstance(node, ast.Attribute):
                for model in self._types(node.value, variables):
                    self._note(model, node.attr)

    def unread(self) -> set[Field]:
        """The fields that neither a module nor a property in use reads."""
        before = -1
        while before != len(self._read):
            before = len(self._read)
            for name, model in self._models.items():
                for member, value in vars(model).items():
                    code = getattr(getattr(value, "fget", value), "__code__", None)
                    if code is not None and (name, member) in self._read:
                        self._read |= {(name, one) for one in code.co_names}
        return {
            (name, one) for name, model in self._models.items() for one in model.model_fields
        } - self._read

    def _note(self, model: str, name: str) -> None:
        if name == "model_dump":
            for inner, made in models_below(self._models[model]).items():
                self._read |= {(inner, one) for one in made.model_fields}
        self._read.add((model, name))

    def _bindings(
        self, nodes: Iterable[ast.AST], variables: Mapping[str, set[str]]
    ) -> Iterator[tuple[str, set[str]]]:
        """Variables and attributes with the models that they may hold."""
        for node in nodes:
            match node:
                case ast.arg(arg=name, annotation=ast.expr() as annotation):
                    yield name, self._annotated(annotation)
                case ast.AnnAssign(target=target, annotation=annotation):
                    yield _name(target), self._annotated(annotation)
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                    for one, value in zip(names, values, strict=False):
                        yield _name(one), self._types(value, variables)
                case (
                    ast.Assign(targets=[target], value=value)
                    | ast.NamedExpr(target=target, value=value)
                    | ast.For(target=target, iter=value)
                    | ast.comprehension(target=target, iter=value)
                ):
                    yield _name(target), self._types(value, variables)
                case _:
                    pass

    def _annotated(self, annotation: ast.expr) -> set[str]:
        return {
            model
            for node in ast.walk(annotation)
            if isinstance(node, ast.Name)
            for model in self._names.get(node.id, ())
        }

    def _types(self, node: ast.expr, variables: Mapping[str, set[str]]) -> set[str]:
        match node:
            case ast.Attribute(attr=name):
                return self.held.get(name, set()) | variables.get(f".{name}", set())
            case ast.Name(id=name):
                return variables.get(name, set())
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
                return self._returns.get(name, set()) | self._names.get(name, set())
            case ast.BoolOp(values=values):
                return {found for value in values for found in self._types(value, variables)}
            case ast.IfExp(body=body, orelse=other):
                return self._types(body, variables) | self._types(other, variables)
            case _:
                return set()


def _name(target: ast.expr) -> str:
    match target:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case _:
            return ""
