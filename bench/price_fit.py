"""Fits the prices of panels to what `prices --record FILE` measured, and says how well they rank.

    make bench ARGS="price_fit FILE… [--folds 4]"

A price is a sum: a constant of each field, and for each source that it reads a price for being read
and one for each hundred days, which are those of an engine. The sums of the measured questions are
fitted to their CPU times in relative terms (least squares of logarithms), not far from the prices
that are there: what few questions show stays as it is. Prints Spearman's rank correlation of the
prices that are there, of the fit, and of questions that were left out of the fit; then the fitted
prices, in cost units of a fifth of a millisecond.
"""

import argparse
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
from graphql import (
    FieldNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    parse,
    value_from_ast_untyped,
)
from prices import CORE, ZONE, price, rank_correlation

from shopx_api.graphql import cost, panel_price
from shopx_api.graphql.panel_price import PRICES, Engine

UNIT_MS = 0.2
CLOSE = 0.15
"""How much a logarithm of a price may leave the one before, against those of measured times."""
STEPS = 60

Vector = npt.NDArray[np.float64]
Terms = Mapping[tuple[str, ...], float]
"""How often a question has each price."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was measured of one."""

    engine: Engine
    asked: str
    terms: Terms
    units: float
    """What it took."""
    priced: float
    """By the prices that are there."""

    @classmethod
    def of(cls, line: Mapping[str, Any], start: Mapping[tuple[str, ...], float]) -> "Question":
        """A line of the file."""
        engine = Engine(line["engine"])
        priced = price(line["body"], engine)
        found = dict(terms(line["body"], engine))
        # What is not a constant or a source: the objects and leaves of lists.
        found["rows",] = max(priced - sum(start[name] * n for name, n in found.items()), 0.0)
        return cls(engine, line["asked"], found, line["milliseconds"][0] / UNIT_MS, priced)


def terms(body: Mapping[str, Any], engine: Engine) -> Terms:
    """The prices that a question is the sum of."""
    (operation,) = parse(body["query"]).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (root,) = operation.selection_set.selections
    assert isinstance(root, FieldNode)
    assert root.selection_set is not None
    kind = _panels()[root.name.value]
    panel = panel_price.panel_arguments(_arguments(root, body), "Query", ZONE)
    found: dict[tuple[str, ...], float] = defaultdict(float)
    found["base",] = 1.0
    for field in root.selection_set.selections:
        assert isinstance(field, FieldNode)
        found["field", f"{root.name.value}.{field.name.value}"] += 1
        for reads in cost.declared_reads(kind.fields[field.name.value]):
            for one in panel_price.readings(reads, panel, _arguments(field, body)):
                key = engine.value, one.source.name, one.rows.name
                found[*key, "once"] += one.times
                found[*key, "days"] += one.times * one.days / 100
    return found


def _arguments(field: FieldNode, body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        one.name.value: value_from_ast_untyped(one.value, body["variables"])
        for one in field.arguments or ()
    }


def _panels() -> dict[str, GraphQLObjectType]:
    """The types of the schema's fields that are objects."""
    assert CORE.query_type is not None
    kinds = {name: get_named_type(one.type) for name, one in CORE.query_type.fields.items()}
    return {name: one for name, one in kinds.items() if isinstance(one, GraphQLObjectType)}


def before() -> dict[tuple[str, ...], float]:
    """The prices that are there."""
    found: dict[tuple[str, ...], float] = {}
    for engine in Engine:
        for (source, rows), one in PRICES[engine].items():
            key = engine.value, source.name, rows.name
            found[*key, "once"], found[*key, "days"] = one.once, one.hundred_days
    for name, kind in _panels().items():
        for inner, field in kind.fields.items():
            found["field", f"{name}.{inner}"] = cost.declared_cost(field)
    return found | {("base",): 15.0, ("rows",): 1.0}


def fitted(
    questions: Sequence[Question], start: Mapping[tuple[str, ...], float]
) -> dict[tuple[str, ...], float]:
    """The prices by which the questions' sums are nearest to their times, in logarithms."""
    names = sorted({name for one in questions for name in one.terms})
    place = {name: n for n, name in enumerate(names)}
    parts = np.zeros((len(questions), len(names)))
    for row, one in enumerate(questions):
        for name, times in one.terms.items():
            parts[row, place[name]] = times
    first = np.log([max(start[name], 0.02) for name in names])
    wanted = np.log([one.units for one in questions])
    at = first.copy()
    damping = 1.0
    loss = _loss(parts, wanted, at, first)
    for _ in range(STEPS):
        shares = parts * np.exp(at)
        sums = shares.sum(axis=1)
        slopes = shares / sums[:, None]
        wrong = wanted - np.log(sums)
        normal = slopes.T @ slopes + (CLOSE**2 + damping * 0.01) * np.eye(len(names))
        moved = at + np.linalg.solve(normal, slopes.T @ wrong - CLOSE**2 * (at - first))
        now = _loss(parts, wanted, moved, first)
        if now < loss:
            at, loss, damping = moved, now, damping / 2
        else:
            damping *= 4
    return dict(start) | dict(zip(names, np.exp(at).tolist(), strict=True))


def _loss(parts: npt.NDArray[np.float64], wanted: Vector, at: Vector, first: Vector) -> float:
    wrong = wanted - np.log(parts @ np.exp(at))
    return float(wrong @ wrong + CLOSE**2 * ((at - first) @ (at - first)))


def of(prices: Mapping[tuple[str, ...], float], one: Question) -> float:
    """The price of a question."""
    return sum(prices[name] * times for name, times in one.terms.items())


def left_out(
    questions: Sequence[Question], start: Mapping[tuple[str, ...], float], folds: int
) -> list[float]:
    """The price of each question by a fit without it."""
    prices = [0.0] * len(questions)
    for fold in range(folds):
        rest = [one for n, one in enumerate(questions) if n % folds != fold]
        found = fitted(rest, start)
        for n in range(fold, len(questions), folds):
            prices[n] = of(found, questions[n])
    return prices


def rank_correlations(questions: Sequence[Question], prices: Sequence[float]) -> str:
    """The rank correlation of prices and times, of each engine."""
    told = []
    for engine in Engine:
        pairs = [
            (priced, one.units)
            for priced, one in zip(prices, questions, strict=True)
            if one.engine is engine
        ]
        if len(pairs) > 1:
            told.append(f"{engine.value} {rank_correlation(*zip(*pairs, strict=True)):.3f}")
    return ", ".join(told)


def show(questions: Sequence[Question], prices: Mapping[tuple[str, ...], float]) -> None:
    """The prices, and by how much single fields are off: the median of time and price."""
    ratios: dict[str, list[float]] = defaultdict(list)
    for one in questions:
        if " + " not in one.asked:
            ratios[f"{one.engine.value} {one.asked}"].append(one.units / of(prices, one))
    for asked, found in sorted(ratios.items()):
        spread = math.exp(float(np.std(np.log(found))))
        print(f"  {asked:36} {len(found):4}  time/price {np.median(found):5.2f} x/÷ {spread:.2f}")
    for name in sorted(prices):
        if any(name in one.terms for one in questions):
            print(f"  {' '.join(name):48} {prices[name]:9.2f}")


def main() -> None:
    """Read, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--folds", type=int, default=4)
    options = parser.parse_args()
    lines = [line for file in options.files for line in file.read_bytes().splitlines()]
    start = before()
    questions = [Question.of(orjson.loads(line), start) for line in lines]
    found = fitted(questions, start)
    print(f"{len(questions)} questions; rank correlation of prices and times:")
    print(f"  now       {rank_correlations(questions, [one.priced for one in questions])}")
    print(f"  fitted    {rank_correlations(questions, [of(found, one) for one in questions])}")
    apart = left_out(questions, start, options.folds)
    print(f"  left out  {rank_correlations(questions, apart)}")
    show(questions, found)


if __name__ == "__main__":
    main()
