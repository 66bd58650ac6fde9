"""Reading a mapping file, with errors that name the line and the field."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from shopx_core.errors import InvalidConfiguration
from shopx_core.texts import say
from shopx_store.importing.mapping import API_VERSION, KIND, Mapping

MAX_BYTES = 1_000_000
MAX_NODES = 20_000  # aliases can repeat a part without end
Position = dict[tuple[str | int, ...], int]


class _Loader(yaml.SafeLoader):
    """YAML without its surprises: a date stays text, and a repeated key is an error."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping.

    Raises:
        InvalidConfiguration: It cannot be read or used; the message lists every problem with its
            line and field.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InvalidConfiguration(
            say(
                "mapping.mapping-cannot-read",
                "The mapping {path} cannot be read: {strerror}.",
                path=path,
                strerror=error.strerror or error,
            ),
            hint=say(
                "mapping.give-path-mapping-file",
                "Give the path of a mapping file, such as examples/mappings/northwind.yaml.",
            ),
        ) from None
    except UnicodeDecodeError as error:
        raise InvalidConfiguration(
            say(
                "mapping.mapping-utf-8-text",
                "The mapping {path} is not UTF-8 text (byte {start}).",
                path=path,
                start=error.start,
            )
        ) from None
    return parse_mapping(text, str(path))


def parse_mapping(text: str, name: str = "mapping") -> Mapping:
    """Check the text of a mapping; `name` is what messages call it."""
    if len(text) > MAX_BYTES:
        raise InvalidConfiguration(
            say(
                "mapping.larger-bytes",
                "{name} is larger than {max_bytes, number} bytes.",
                name=name,
                max_bytes=MAX_BYTES,
            )
        )
    try:
        node = yaml.compose(text, _Loader)
        lines: Position = {}
        data = _build(node, (), lines) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise InvalidConfiguration(
            say(
                "mapping.invalid-yaml-at",
                "{where}: no valid YAML: {problem}.",
                where=where,
                problem=error.problem,
            )
        ) from None
    except (yaml.YAMLError, RecursionError) as error:
        raise InvalidConfiguration(
            say("mapping.invalid-yaml", "{name}: no valid YAML: {error}.", name=name, error=error)
        ) from None
    if not isinstance(data, dict) or data.get("kind") != KIND:
        raise InvalidConfiguration(
            say("mapping.none", "{name} is no mapping.", name=name),
            hint=say(
                "mapping.must-begin-apiversion-kind",
                "It must begin with `apiVersion: {api_version}` and `kind: {kind}`.",
                api_version=API_VERSION,
                kind=KIND,
            ),
        )
    try:
        return Mapping.model_validate(data).with_text(text)
    except ValidationError as error:
        problems = [_problem(item, name, lines) for item in error.errors()]
        raise InvalidConfiguration(
            say(
                "mapping.cannot-be-used",
                "{name} cannot be used:\n  {problems}",
                name=name,
                problems="\n  ".join(problems),
            ),
            hint=say("mapping.docs-import-md-explains", "docs/import.md explains each field."),
            problems=problems,
        ) from None


def _build(node: yaml.Node, path: tuple[str | int, ...], lines: Position) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if len(lines) > MAX_NODES:
        raise yaml.MarkedYAMLError(problem="too large", problem_mark=node.start_mark)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key must be text", problem_mark=key_node.start_mark
                )
            # The text itself: YAML would read `on` and `no` as truth values.
            key = key_node.value
            if key in result:
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} is given twice", problem_mark=key_node.start_mark
                )
            lines[*path, key] = key_node.start_mark.line + 1
            result[key] = _build(value_node, (*path, key), lines)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*path, index), lines) for index, item in enumerate(node.value)]
    return _Loader("").construct_object(node)


def _problem(item: Any, name: str, lines: Position) -> str:
    location = tuple(part for part in item["loc"] if not _is_tag(part))
    message = str(item["msg"]).removeprefix("Value error, ")
    known = location
    while known not in lines:
        known = known[:-1]
    field = ".".join(str(part) for part in location)
    if not location:
        # A rule over several sections: its message begins with the field it is about.
        field, _, message = message.partition(": ")
        parts = tuple(field.split(",")[0].split("."))
        while parts and parts not in lines:
            parts = parts[:-1]
        known = parts
    return f"{name}:{lines[known]}: {field}: {message}"


def _is_tag(part: object) -> bool:
    # Pydantic puts the discriminator of a union into the location.
    return part in {
        "delimited", "whitespace", "fixed", "parquet", "workbook", "json-lines", "postgresql",
    }  # fmt: skip
