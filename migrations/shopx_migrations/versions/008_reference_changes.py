"""Which reference data changed in which transaction, for the response cache."""

from alembic import op

revision = "008"
down_revision = "007"
branch_labels = None
depends_on = None

CHANGES = """
create table reference_changes (
    xid xid8 not null default pg_current_xact_id(),
    slice text not null,
    noted_at timestamptz not null default now(),
    constraint pk_reference_changes primary key (xid, slice)
);
create index ix_reference_changes_noted_at on reference_changes (noted_at);
"""

# A statement that changed no row notes nothing, such as an upsert of known customers.
NOTE = """
create function note_change() returns trigger language plpgsql as $$
begin
    if exists (select from changed) then
        insert into reference_changes (slice) values (tg_argv[0]) on conflict do nothing;
    end if;
    return null;
end $$;
"""

SLICES = {
    "catalogue": ("products", "categories", "sources"),
    "customers": ("customers",),
    "team": ("sales_reps", "quotas", "regions", "channels"),
    "terms": ("reporting", "rates", "currencies"),
    "views": ("matview_refreshes", "predictions", "prediction_fits"),
}

# A trigger with transition tables has one event.
EVENTS = {"insert": "new", "update": "new", "delete": "old"}


def upgrade() -> None:
    """Note changes."""
    op.execute(CHANGES)
    op.execute(NOTE)
    for part, tables in SLICES.items():
        for table in tables:
            for event, rows in EVENTS.items():
                op.execute(
                    f"create trigger note_{event} after {event} on {table}"
                    f" referencing {rows} table as changed"
                    f" for each statement execute function note_change('{part}')"
                )


def downgrade() -> None:
    """Stop noting changes."""
    for tables in SLICES.values():
        for table in tables:
            for event in EVENTS:
                op.execute(f"drop trigger note_{event} on {table}")
    op.execute("drop function note_change")
    op.execute("drop table reference_changes")
