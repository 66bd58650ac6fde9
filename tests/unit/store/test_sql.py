"""SQL is composed of fragments, and its placeholders are numbered once, for the whole."""

import pytest

from shopx_core.caching.dependencies import DependencyTag
from shopx_store.sql import Statement, bind, join, raw, sql


def test_values_are_numbered_in_the_order_in_which_they_stand() -> None:
    query = sql("a = {b} and c = {d}", d=bind(1), b=bind("x", "text"))
    assert query.render() == Statement("a = $1::text and c = $2", ("x", 1))


def test_fragments_nest() -> None:
    day = sql("day >= {day}", day=bind("2026-01-01", "date"))
    inner = sql("select id from orders where {day} and rep = {rep}", day=day, rep=bind(7, "bigint"))
    outer = sql("select {top} from ({inner}) q where {day}", top=bind(5), inner=inner, day=day)
    assert outer.render() == Statement(
        "select $1 from (select id from orders where day >= $2::date and rep = $3::bigint) q"
        " where day >= $2::date",
        (5, "2026-01-01", 7),
    )


def test_a_fragment_stays_what_it_was() -> None:
    part = sql("x = {x}", x=bind(1))
    sql("{first} or {part}", first=bind(2), part=part).render()
    assert part.render() == Statement("x = $1", (1,))


def test_equal_values_share_a_placeholder_if_their_casts_are_equal() -> None:
    values = [bind(1, "bigint"), bind(1, "bigint"), bind(1, "numeric"), bind(1), bind(2, "bigint")]
    assert join(", ", values).render() == Statement(
        "$1::bigint, $1::bigint, $2::numeric, $3, $4::bigint", (1, 1, 1, 2)
    )


def test_a_list_is_bound_as_it_is_and_once() -> None:
    query = join(", ", [bind([1, 2], "bigint[]"), bind((1, 2), "bigint[]"), bind([2], "bigint[]")])
    assert query.render() == Statement("$1::bigint[], $1::bigint[], $2::bigint[]", ([1, 2], [2]))


def test_none_is_a_value() -> None:
    assert sql("{a} is null", a=bind(None, "text")).render() == Statement(
        "$1::text is null", (None,)
    )


def test_a_name_may_stand_more_than_once() -> None:
    assert sql("{a} + {a}", a=bind(3)).render() == Statement("$1 + $1", (3,))


def test_doubled_braces_are_braces() -> None:
    query = sql("select '{{1,2}}'::int[], {{{a}}}, '}}{{'", a=bind(1))
    assert query.render() == Statement("select '{1,2}'::int[], {$1}, '}{'", (1,))


def test_raw_text_keeps_its_braces_and_dollars() -> None:
    text = "select '{1}', '%', '$1'"
    assert sql("{text}", text=raw(text)).render() == Statement(text, ())


def test_join_of_nothing_is_empty() -> None:
    assert join(" and ", []).render() == Statement("", ())
    assert join(" and ", [raw("a"), raw("b")]).render().text == "a and b"


@pytest.mark.parametrize(
    ("template", "names", "message"),
    [
        ("select {a}", {}, "No fragment for {a}"),
        ("select 1", {"a"}, "does not use: a"),
        ("select {a}", {"a", "b"}, "does not use: b"),
        ("select {a}", {"b"}, "No fragment for {a}"),
        ("select {}", {"a"}, "Not a plain name"),
        ("select {0}", {"a"}, "Not a plain name"),
        ("select {a!r}", {"a"}, "Not a plain name"),
        ("select {a:>3}", {"a"}, "Not a plain name"),
        ("select {a.b}", {"a"}, "Not a plain name"),
    ],
)
def test_names_and_fragments_must_agree(template: str, names: set[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sql(template, **{name: raw("x") for name in names})


def test_an_f_string_is_refused() -> None:
    fragment = bind(1)
    with pytest.raises(TypeError, match="not by an f-string"):
        f"select {fragment}"


def test_it_declares_what_its_parts_declare() -> None:
    """Without any declaration nothing is known."""
    regions = raw("select id from regions").reading(DependencyTag.TEAM)
    lines = raw("select i.* from order_items i").reading(DependencyTag.LEDGER)
    both = sql(
        "select * from ({lines}) l where region_id in ({regions})", lines=lines, regions=regions
    )
    assert both.reads() == {DependencyTag.TEAM, DependencyTag.LEDGER}
    wider = both.reading(DependencyTag.TERMS).reads()
    assert wider == {DependencyTag.TEAM, DependencyTag.LEDGER, DependencyTag.TERMS}
    assert raw("select 1").reading().reads() == set()
    assert sql("select 1 from rates where day = {day}", day=bind(1)).reads() is None


def test_it_shows_its_text() -> None:
    assert repr(sql("a = {a}", a=bind(1, "text"))) == "<Sql 'a = $1::text'>"
