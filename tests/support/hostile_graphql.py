"""GraphQL requests of callers who mean harm, drawn from a seed: deep, wide, long, crooked."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

PERIODS = ("TODAY", "THIS_MONTH", "LAST_12_MONTHS", "ALL_TIME")


@dataclass(frozen=True, slots=True)
class Attack:
    """One request."""

    family: str
    body: bytes
    method: str = "POST"
    query_string: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


def attacks(seed: int, count: int) -> Iterator[Attack]:
    """Requests of every family in turn; the same ones for the same seed."""
    draw = random.Random(seed)
    for number in range(count):
        family = FAMILIES[number % len(FAMILIES)]
        made = family(draw)
        name = family.__name__.strip("_")
        yield made if isinstance(made, Attack) else Attack(name, made)


def _body(query: Any, variables: Any = None, **more: Any) -> bytes:
    asked = {"query": query, "variables": variables, **more}
    return json.dumps({key: value for key, value in asked.items() if value is not None}).encode()


def _name(draw: random.Random) -> str:
    return f"n{draw.randrange(10**9)}"


def _depth(draw: random.Random) -> bytes:
    levels = draw.choice((13, 50, 190, 300, 5000))
    return _body("{ " + f"{_name(draw)} {{ " * levels + "x" + " }" * levels + " }")


def _valid_depth(draw: random.Random) -> bytes:
    levels = draw.randrange(1, 30)
    inner = "name"
    for _ in range(levels):
        inner = f"parent {{ {inner} children {{ id }} }}"
    return _body(f"{{ product(id: {json.dumps(_name(draw))}) {{ category {{ {inner} }} }} }}")


def _width(draw: random.Random) -> bytes:
    fields = draw.choice((100, 900, 1900, 12_000))
    return _body("{ reporting { " + " ".join(_name(draw) for _ in range(fields)) + " } }")


def _aliases(draw: random.Random) -> bytes:
    number = draw.choice((10, 45, 120, 300))
    panel = draw.choice(
        (
            "sales { kpis { value } }",
            "products { ranking { nodes { rank } } }",
            "reporting { currency }",
            "viewer { name }",
        )
    )
    return _body("{ " + " ".join(f"{_name(draw)}: {panel}" for _ in range(number)) + " }")


def _same_name(draw: random.Random) -> bytes:
    number = draw.choice((20, 49, 51, 400))
    return _body("{ " + "sales { kpis { value } } " * number + f"{_name(draw)}: __typename }}")


def _fragment_chain(draw: random.Random) -> bytes:
    length = draw.choice((10, 60, 150, 600))
    parts = [f"fragment F{n} on Reporting {{ currency ...F{n + 1} }}" for n in range(length)]
    parts.append(f"fragment F{length} on Reporting {{ {_name(draw)}: currency }}")
    return _body("{ reporting { ...F0 } } " + " ".join(parts))


def _fragment_bomb(draw: random.Random) -> bytes:
    """Each fragment uses the next one twice: two to the power of their number."""
    length = draw.choice((8, 20, 60))
    parts = [
        f"fragment F{n} on Reporting {{ ...F{n + 1} ...F{n + 1} {_name(draw)}: currency }}"
        for n in range(length)
    ]
    parts.append(f"fragment F{length} on Reporting {{ currency }}")
    return _body("{ reporting { ...F0 } } " + " ".join(parts))


def _fragment_cycle(draw: random.Random) -> bytes:
    length = draw.choice((1, 2, 50))
    parts = [f"fragment F{n} on Query {{ ...F{(n + 1) % length} }}" for n in range(length)]
    return _body(f"query {_name(draw)} {{ ...F0 }} " + " ".join(parts))


def _directives(draw: random.Random) -> bytes:
    number = draw.choice((2, 100, 380, 2000))
    kind = draw.choice(("@skip(if: false)", "@include(if: true)", f"@{_name(draw)}"))
    return _body("{ reporting { currency " + f"{kind} " * number + "} }")


def _operations(draw: random.Random) -> bytes:
    number = draw.choice((2, 50, 300))
    names = [_name(draw) for _ in range(number)]
    text = " ".join(f"query {name} {{ viewer {{ name }} }}" for name in names)
    return _body(text, operationName=draw.choice((names[0], None, "x" * 5000)))


def _variable_definitions(draw: random.Random) -> bytes:
    number = draw.choice((10, 200, 480, 3000))
    names = [_name(draw) for _ in range(number)]
    head = " ".join(f"${name}: Int" for name in names)
    return _body(f"query ({head}) {{ viewer {{ name }} }}", dict.fromkeys(names, 1))


def _nested(levels: int, kind: str) -> str:
    opening, closing = ("[", "]") if kind == "list" else ('{"a":', "}")
    return opening * levels + "1" + closing * levels


def _nested_variables(draw: random.Random) -> bytes:
    value = _nested(
        draw.choice((5, 100, 500, 1000, 1015, 1024, 20_000)), draw.choice(("list", "o"))
    )
    name = _name(draw)
    query = json.dumps(
        f"query {name}($p: PeriodInput) {{ sales(period: $p) {{ period {{ zone }} }} }}"
    )
    return b'{"query":%s,"variables":{"p":%s}}' % (query.encode(), value.encode())


def _nested_literals(draw: random.Random) -> bytes:
    levels = draw.choice((5, 100, 190, 1000))
    value = "[" * levels + "]" * levels
    return _body(f"{{ {_name(draw)}: sales(period: {value}) {{ period {{ zone }} }} }}")


def _long_lists(draw: random.Random) -> bytes:
    number = draw.choice((101, 3000, 9000, 250_000))
    query = "query ($i: [ID!]) { filterOptions(dimension: PRODUCT, ids: $i) { nodes { id } } }"
    return _body(query, {"i": [f"{n}{_name(draw) if n < 3 else ''}" for n in range(number)]})


def _long_batches(draw: random.Random) -> bytes:
    number = draw.choice((1001, 1500, 60_000))
    rows = [{"key": f"{n}", "name": "x" * draw.randrange(1, 20)} for n in range(number)]
    query = "mutation ($p: [ProductInput!]!) { upsertProducts(products: $p) { recorded } }"
    return _body(query, {"p": rows})


def _wrong_types(draw: random.Random) -> bytes:
    junk: Any = draw.choice((1, -1, 1e308, True, None, [], {}, [[]], "x" * 30_000, {"a": [1]}))
    query = (
        f"query {_name(draw)}($f: Int, $a: String, $p: PeriodInput, $m: [MetricId!])"
        " { products(period: $p) { ranking(first: $f, after: $a, metrics: $m)"
        " { nodes { rank } } } }"
    )
    return _body(query, dict.fromkeys(draw.sample(("f", "a", "p", "m"), 2), junk))


def _cursors(draw: random.Random) -> bytes:
    junk = draw.choice(
        ("", "a" * 20_000, "==", "\x00", "W10=", "eyJhIjoxfQ==", "\ud83d\ude00" * 900, "../../etc")
    )
    query = f"query {_name(draw)}($c: String) {{ products {{ ranking(after: $c) {{ RANKS }} }} }}"
    return _body(query.replace("RANKS", "nodes { rank }"), {"c": junk})


def _ids(draw: random.Random) -> bytes:
    junk = draw.choice(
        ("", "1", "UHJvZHVjdDox", "x" * 30_000, "\x00", "Q3VzdG9tZXI6OTk5OTk5OTk5OTk5OTk5OTk5OTk=")
    )
    field_name = draw.choice(("node", "product", "customer", "rep", "order"))
    return _body(f"query {_name(draw)}($i: ID!) {{ {field_name}(id: $i) {{ id }} }}", {"i": junk})


def _dates(draw: random.Random) -> bytes:
    start = draw.choice(("0001-01-01", "9999-12-31", "2026-02-30", "x", "-1", "2026-01-01"))
    end = draw.choice(("0001-01-01", "9999-12-31", "2026-02-01", ""))
    query = (
        f"query {_name(draw)}($p: PeriodInput) {{ sales(period: $p)"
        " { kpis { value } series(granularity: HOUR) { points { value } } } }"
    )
    return _body(query, {"p": {"days": {"from": start, "to": end}}})


def _first(draw: random.Random) -> bytes:
    first: Any = draw.choice((0, -1, 100, 100.0, 10**6, 2**31, 10**30, 1e30, "25"))
    query = (
        f"query {_name(draw)}($n: Int = 100) {{ products {{ ranking(first: $n) {{ RANKS }} }} }}"
    )
    return _body(query.replace("RANKS", "nodes { rank }"), {"n": first})


def _introspection(draw: random.Random) -> bytes:
    levels = draw.randrange(1, 12)
    inner = "name" + " ofType { name" * levels + " }" * levels
    return _body(f"{{ {_name(draw)}: __schema {{ types {{ fields {{ type {{ {inner} }} }} }} }} }}")


def _texts(draw: random.Random) -> bytes:
    junk = draw.choice(
        (
            "\x00",
            "\ufeff",
            "\u2028" * 9000,
            "#" * 60_000,
            '"""' * 9000,
            '"' + "\\u{10FFFF}" * 4000,
            "{" * 30_000,
        )
    )
    return _body(draw.choice((junk, f"{{ viewer {{ name }} }} # {junk}", f"{junk} {{ a }}")))


def _search(draw: random.Random) -> bytes:
    junk = draw.choice(("%" * 5000, "_" * 60, "\\", "';--", "\x00", "\u202e\u0000", "a" * 201))
    query = (
        f"query {_name(draw)}($s: String) {{ filterOptions(dimension: PRODUCT, search: $s) IDS }}"
    )
    return _body(query.replace("IDS", "{ nodes { id } }"), {"s": junk})


def _shapes(draw: random.Random) -> bytes:
    return draw.choice(
        (
            b"", b"null", b"[]", b"[{}]", b'"x"', b"1", b"{", b"{}", b'{"query":1}', b"\xff\xfe{}",
            b'{"query":"{ a }","query":"{ b }"}', b'{"query":"\\ud800"}', b'{"query":null}',
            b'{"query":"{ viewer { name } }","variables":[]}', b"[" * 100_000, b" " * 60_000,
            b'{"query":"{ viewer { name } }","variables":{"x":' + b"9" * 60_000 + b"}}",
            b'{"query":"{ viewer { name } }","variables":{"x":1e999}}',
            b'{"query":"{ viewer { name } }","extensions":{"persistedQuery":[]}}',
            b'{"query":"{ viewer { name } }","extensions":{"persistedQuery":{"version":1}}}',
        )
    )  # fmt: skip


def _sizes(draw: random.Random) -> bytes:
    size = draw.choice((65_000, 66_000, 1_000_000, 10_000_000))
    return _body(f"{{ {_name(draw)}: viewer {{ name }} }}", {"x": "x" * size})


def _keys(draw: random.Random) -> bytes:
    number = draw.choice((100, 4000))
    return _body("{ viewer { name } }", {f"{_name(draw)}{n}": n for n in range(number)})


def _gets(draw: random.Random) -> Attack:
    junk = draw.choice(
        (
            b"query=%7B", b"query=%00", b"query=" + b"%7Ba" * 9000, b"query=a&query=b", b"=" * 3000,
            b"&" * 3000, b"variables=%7B&query=%7Bviewer%7Bname%7D%7D", b"%ff%fe", b"query",
            b"extensions=%5B%5D", b"query=%7Bviewer%7Bname%7D%7D&variables=%5B1%5D",
            b"query=mutation%7B__typename%7D",
        )
    )  # fmt: skip
    return Attack("gets", b"", "GET", junk)


def _headers(draw: random.Random) -> Attack:
    junk = draw.choice(
        (
            (b"accept", b"*/*," * 2000),
            (b"content-type", b"application/json; charset=utf-7"),
            (b"content-type", b"text/plain"),
            (b"cache-control", b"no-cache"),
            (b"x-shopx-as-of", b"x" * 5000),
            (b"x-shopx-as-of", b"\xff"),
            (b"authorization", b"Bearer " + b"x" * 5000),
            (b"authorization", b"\xff\xfe"),
            (b"x-request-id", b"\xff" * 64),
            (b"accept-encoding", b"gzip;q=2,br" * 500),
            (b"if-none-match", b'W/"x",' * 2000),
        )
    )
    body = _body(f"{{ {_name(draw)}: viewer {{ name }} }}")
    return Attack("headers", body, headers=[junk])


FAMILIES: tuple[Callable[[random.Random], bytes | Attack], ...] = (
    _depth, _valid_depth, _width, _aliases, _same_name, _fragment_chain, _fragment_bomb,
    _fragment_cycle, _directives, _operations, _variable_definitions, _nested_variables,
    _nested_literals, _long_lists, _long_batches, _wrong_types, _cursors, _ids, _dates, _first,
    _introspection, _texts, _search, _shapes, _sizes, _keys, _gets, _headers,
)  # fmt: skip
