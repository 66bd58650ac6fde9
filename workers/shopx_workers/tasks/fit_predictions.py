"""Fit the customer models and store each customer's prediction."""

import datetime as dt
import math
import time
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from shopx_core.domain.ltv import CannotFit
from shopx_core.domain.matviews import CUSTOMER_PURCHASES
from shopx_core.errors import Unavailable
from shopx_core.jobs import FitPredictions
from shopx_core.settings import Settings
from shopx_store.matviews.refresh import refresh
from shopx_workers.predictions import HORIZON_DAYS, Buyer, Predictions, predict

_BUYERS: Final = """
select customer_id, first_day, last_day, repeat_purchase_days::integer,
    mean_repeat_spend::double precision
from mv_customer_purchases order by customer_id
"""

_FIT: Final = """
insert into prediction_fits (seconds, as_of, customers, horizon_days, observed_until,
    r, alpha, a, b, log_likelihood, p, q, v, degenerate, reason, spend_reason)
values (%(seconds)s, %(as_of)s, %(customers)s, %(horizon_days)s, %(observed_until)s,
    %(r)s, %(alpha)s, %(a)s, %(b)s, %(log_likelihood)s, %(p)s, %(q)s, %(v)s, %(degenerate)s,
    %(reason)s, %(spend_reason)s)
returning id
"""

_COPY: Final = """
copy predictions (fit_id, customer_id, probability_alive, expected_purchases_90,
    expected_purchases_365, expected_spend, predicted_value) from stdin
"""


def run(
    connection: psycopg.Connection, _job: FitPredictions, _settings: Settings
) -> dict[str, Any]:
    """Refresh the models' input, fit, and replace all predictions at once.

    Too few or unsuitable customers are a result, not a failure: the reason is stored, and the
    previous predictions stay.

    Raises:
        Unavailable: Another session is refreshing the input; try again.
    """
    done = refresh(connection, CUSTOMER_PURCHASES)
    if done is None:
        raise Unavailable(f"Another session is refreshing {CUSTOMER_PURCHASES}.")
    buyers = [Buyer(*row) for row in connection.execute(_BUYERS)]
    start = time.perf_counter()
    predictions, reason = None, None
    try:
        predictions = predict(buyers)
    except CannotFit as error:
        reason = str(error)
    seconds = time.perf_counter() - start
    with connection.transaction():
        # When two jobs run at once, the later result stays.
        connection.execute("lock table predictions in share row exclusive mode")
        fit = _fit(done[0].as_of, len(buyers), seconds, predictions, reason)
        row = connection.execute(_FIT, fit).fetchone()
        if predictions is not None and row is not None:
            _replace(connection, row[0], buyers, predictions)
    return {"customers": len(buyers), "reason": reason, "spend_reason": fit["spend_reason"]}


def _fit(
    as_of: dt.datetime,
    customers: int,
    seconds: float,
    predictions: Predictions | None,
    reason: str | None,
) -> dict[str, Any]:
    """The values of `_FIT`."""
    purchases = predictions.purchases if predictions else None
    spend = predictions.spend if predictions else None
    return {
        "as_of": as_of,
        "customers": customers,
        "seconds": seconds,
        "horizon_days": HORIZON_DAYS,
        "observed_until": predictions.observed_until if predictions else None,
        **{name: getattr(purchases, name, None) for name in ("r", "alpha", "a", "b")},
        "log_likelihood": getattr(purchases, "log_likelihood", None),
        **{name: getattr(spend, name, None) for name in ("p", "q", "v")},
        "degenerate": any(model.degenerate for model in (purchases, spend) if model),
        "reason": reason,
        "spend_reason": predictions.spend_reason if predictions else None,
    }


def _replace(
    connection: psycopg.Connection, fit: int, buyers: Sequence[Buyer], found: Predictions
) -> None:
    # Not TRUNCATE, which would block readers.
    connection.execute("delete from predictions")
    columns = (
        found.probability_alive,
        found.expected_short,
        found.expected,
        found.expected_spend,
        found.value,
    )
    with connection.cursor().copy(_COPY) as copy:
        for buyer, *figures in zip(buyers, *(c.tolist() for c in columns), strict=True):
            known = (None if math.isnan(figure) else figure for figure in figures)
            copy.write_row((fit, buyer.customer_id, *known))
