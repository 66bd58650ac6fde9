"""What the workers keep: fitted customer models, their predictions, and what ran when."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Integer,
    Text,
    func,
)
from sqlalchemy.orm import Mapped, mapped_column

from shopx_migrations.models.base import Base


class PredictionFit(Base):
    """One attempt to fit the customer models; the newest without `reason` is the one in use.

    BG/NBD for purchases (r, alpha, a, b; time in days) and Gamma-Gamma for spend (p, q, v; money in
    the reporting currency).
    """

    __tablename__ = "prediction_fits"
    __table_args__ = (CheckConstraint("(r is null) = (reason is not null)", name="fitted"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    fitted_at: Mapped[dt.datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now()
    )
    seconds: Mapped[float] = mapped_column(Double)
    # Of mv_customer_purchases, which it was fitted to.
    as_of: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    # The newest purchase day; None without purchases.
    observed_until: Mapped[dt.date | None] = mapped_column(Date)
    customers: Mapped[int] = mapped_column(BigInteger)
    horizon_days: Mapped[int] = mapped_column(Integer)
    r: Mapped[float | None] = mapped_column(Double)
    alpha: Mapped[float | None] = mapped_column(Double)
    a: Mapped[float | None] = mapped_column(Double)
    b: Mapped[float | None] = mapped_column(Double)
    log_likelihood: Mapped[float | None] = mapped_column(Double)
    p: Mapped[float | None] = mapped_column(Double)
    q: Mapped[float | None] = mapped_column(Double)
    v: Mapped[float | None] = mapped_column(Double)
    # A parameter has no finite estimate: the predictions hold, it means nothing.
    degenerate: Mapped[bool] = mapped_column(Boolean)
    # Why nothing was predicted; the predictions of the fit before stay.
    reason: Mapped[str | None] = mapped_column(Text)
    # Why purchases were predicted but not what they are worth.
    spend_reason: Mapped[str | None] = mapped_column(Text)


class CustomerPrediction(Base):
    """What one customer is expected to buy, counted from the fit's `observed_until`.

    A purchase is a day with orders, as in mv_customer_purchases.
    """

    __tablename__ = "predictions"

    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    fit_id: Mapped[int] = mapped_column(ForeignKey("prediction_fits.id"))
    probability_alive: Mapped[float] = mapped_column(Double)
    expected_purchases_90: Mapped[float] = mapped_column(Double)
    expected_purchases_365: Mapped[float] = mapped_column(Double)
    # A purchase's; None where the customer has no repeat purchases to judge by.
    expected_spend: Mapped[float | None] = mapped_column(Double)
    # Revenue within the fit's horizon, before returns; customers without repeat purchases are
    # expected to spend the population mean. None where spend could not be fitted.
    predicted_value: Mapped[float | None] = mapped_column(Double)


class ScheduleRun(Base):
    """When an entry of the workers' schedule was last put into the queue; None: never."""

    __tablename__ = "schedule_runs"

    entry: Mapped[str] = mapped_column(Text, primary_key=True)
    ran_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
