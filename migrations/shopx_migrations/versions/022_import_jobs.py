"""Files that are uploaded in parts, and what is done with them in the background."""

from alembic import op

revision = "022"
down_revision = "021"
branch_labels = None
depends_on = None

UPLOADS = """
create table uploads (
    id uuid not null default gen_random_uuid(),
    name text not null,
    bytes bigint not null,
    created_by text not null,
    created_at timestamptz not null default now(),
    touched_at timestamptz not null default now(),
    constraint pk_uploads primary key (id),
    constraint ck_uploads_bytes check (bytes > 0)
)
"""
# Nothing there is precious: a client whose parts are lost in a crash sends them again.
CHUNKS = """
create unlogged table upload_chunks (
    upload_id uuid not null,
    start bigint not null,
    data bytea not null,
    constraint pk_upload_chunks primary key (upload_id, start),
    constraint fk_upload_chunks_upload_id_uploads foreign key (upload_id)
        references uploads (id) on delete cascade
)
"""
# Compressing would cost more than it saves, and the length is read without the content.
EXTERNAL = "alter table upload_chunks alter column data set storage external"
JOBS = """
create table import_jobs (
    id bigint generated always as identity,
    kind text not null,
    state text not null default 'queued',
    upload_id uuid,
    file_name text,
    request jsonb not null,
    request_key text,
    created_by text not null,
    created_at timestamptz not null default now(),
    sent_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    attempts integer not null default 0,
    step text,
    done bigint,
    total bigint,
    rows_read bigint not null default 0,
    result jsonb,
    error jsonb,
    rejects text,
    constraint pk_import_jobs primary key (id),
    constraint uq_import_jobs_request_key unique (request_key),
    constraint fk_import_jobs_upload_id_uploads foreign key (upload_id)
        references uploads (id) on delete set null,
    constraint ck_import_jobs_kind check (kind in ('inspect', 'check', 'import', 'undo', 'demo')),
    constraint ck_import_jobs_state check (state in ('queued', 'running', 'done', 'failed'))
)
"""
UPLOAD_INDEX = """
-- squawk-ignore require-concurrent-index-creation
create index ix_import_jobs_upload_id on import_jobs (upload_id)
"""
# Imports write a row each: indexing them takes no time.
RUNS = "alter table import_runs add column job_id bigint"
ONE_RUN = """
-- squawk-ignore require-concurrent-index-creation
create unique index ix_import_runs_job_id on import_runs (job_id)
"""


def upgrade() -> None:
    """Releases before this one import by the command alone."""
    for statement in (UPLOADS, CHUNKS, EXTERNAL, JOBS, UPLOAD_INDEX, RUNS, ONE_RUN):
        op.execute(statement)


def downgrade() -> None:
    """What was imported stays; files and jobs under way are dropped."""
    op.execute("drop index ix_import_runs_job_id")
    op.execute("alter table import_runs drop column job_id")
    op.execute("drop table import_jobs")
    op.execute("drop table upload_chunks")
    op.execute("drop table uploads")
