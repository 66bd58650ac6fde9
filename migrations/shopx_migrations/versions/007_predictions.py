"""Fitted customer models with their predictions, and the runs of the schedule."""

from alembic import op

revision = "007"
down_revision = "006"
branch_labels = None
depends_on = None

FITS = """
create table prediction_fits (
    id bigint generated always as identity,
    fitted_at timestamptz not null default now(),
    seconds double precision not null,
    as_of timestamptz not null,
    observed_until date,
    customers bigint not null,
    horizon_days integer not null,
    r double precision,
    alpha double precision,
    a double precision,
    b double precision,
    log_likelihood double precision,
    p double precision,
    q double precision,
    v double precision,
    degenerate boolean not null,
    reason text,
    spend_reason text,
    constraint pk_prediction_fits primary key (id),
    constraint ck_prediction_fits_fitted check ((r is null) = (reason is not null))
);
"""

PREDICTIONS = """
create table predictions (
    customer_id bigint not null,
    fit_id bigint not null,
    probability_alive double precision not null,
    expected_purchases_90 double precision not null,
    expected_purchases_365 double precision not null,
    expected_spend double precision,
    predicted_value double precision,
    constraint pk_predictions primary key (customer_id),
    constraint fk_predictions_fit_id_prediction_fits
        foreign key (fit_id) references prediction_fits (id)
);
"""

# One row for each entry of the schedule: its lock makes any number of schedulers act as one, and
# its time shows a restarted scheduler which runs it has missed.
RUNS = """
create table schedule_runs (
    entry text not null,
    ran_at timestamptz,
    constraint pk_schedule_runs primary key (entry)
);
"""


def upgrade() -> None:
    """Create them."""
    op.execute(FITS)
    op.execute(PREDICTIONS)
    op.execute(RUNS)


def downgrade() -> None:
    """Remove them."""
    op.execute("drop table schedule_runs, predictions, prediction_fits")
