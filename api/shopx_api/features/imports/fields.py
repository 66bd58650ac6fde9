"""Root fields and mutations of imports.

Jobs are read and written on the primary, past the operation's snapshot: their progress is wanted as
it is now. Workers do them; see `shopx_store.importing.job_run`.
"""

from decimal import Decimal
from functools import partial
from typing import Annotated

import strawberry

from shopx_api.data.context import Context, Info
from shopx_api.features.imports import compute, queries
from shopx_api.features.imports.types import (
    JOB_TYPE,
    RUN_TYPE,
    DataSource,
    ImportAnswersInput,
    ImportJob,
    ImportLimits,
    ImportOptionsInput,
    ImportRun,
    JobKind,
)
from shopx_api.panels.keyset import PageArgs
from shopx_api.types.connection import Connection
from shopx_api.types.cost import cost
from shopx_api.types.inputs import AfterArg, FirstArg, IdArg
from shopx_api.types.node import row_id
from shopx_core import logging
from shopx_core.domain.api_tokens import Scope
from shopx_core.errors import Forbidden
from shopx_core.texts import say

UploadArg = Annotated[
    strawberry.ID,
    strawberry.argument(description="The last part of the upload's address, /uploads/ID."),
]
KeyArg = Annotated[
    str | None,
    strawberry.argument(description="Repeating it with the same content gives the same job."),
]
RECENT_JOBS = 10
_log = logging.get(__name__)


@strawberry.type
class ImportFields:
    """A part of the type Query."""

    @strawberry.field(
        description="Published imports, generations of sales and undos, the newest first.",
        metadata=cost(20),
    )
    async def imports(
        self,
        info: Info,
        source: Annotated[
            str | None, strawberry.argument(description="Those of one source; all if null.")
        ] = None,
        first: FirstArg = 20,
        after: AfterArg = None,
    ) -> Connection[ImportRun]:
        data, page = info.context.data, PageArgs(first, after)
        # One that changed no sales changes no version either.
        info.context.dependencies.live = True
        found = await queries.runs(data, source, first=first, after=queries.RUNS.key(page.after))
        return queries.RUNS.connection(
            page,
            [compute.import_run(row) for row in found],
            [(row["id"],) for row in found],
            partial(queries.count_runs, data, source),
        )

    @strawberry.field(
        description="Where sales come from, at most 200 sources, that of the newest import first.",
        metadata=cost(20),
    )
    async def data_sources(self, info: Info) -> list[DataSource]:
        info.context.dependencies.live = True
        return [compute.data_source(row) for row in await queries.sources(info.context.data)]

    @strawberry.field(description="What is allowed to be uploaded.")
    def import_limits(self, info: Info) -> ImportLimits:
        imports = info.context.services.settings.imports
        return ImportLimits(
            file_bytes=Decimal(imports.max_bytes),
            keep_days=imports.keep_days,
            can_generate=not info.context.services.settings.auth.production,
        )

    @strawberry.field(
        description="A job about an import, as it is now. Scope INGEST.", metadata=cost(8)
    )
    async def import_job(self, info: Info, id: IdArg) -> ImportJob:
        return await _job(info.context, row_id(id, JOB_TYPE))

    @strawberry.field(
        description="The imports and undos under way and of the last day, at most 10, the newest "
        "first; of each feed the newest that ended alone. Scope INGEST.",
        metadata=cost(20),
    )
    async def import_jobs(self, info: Info) -> list[ImportJob]:
        info.context.principal.require(Scope.INGEST)
        info.context.dependencies.live = True
        async with queries.primary(info.context) as connection:
            found = await queries.open_jobs(connection, RECENT_JOBS)
        return [compute.import_job(row) for row in found]


@strawberry.type
class ImportMutations:
    """A part of the type Mutation."""

    @strawberry.mutation(
        description="Look at an uploaded file: what it is, a mapping with its guesses and "
        "questions, and its first rows as they would be booked. Changes nothing. Scope INGEST."
    )
    async def inspect_import(
        self,
        info: Info,
        upload: UploadArg,
        answers: Annotated[
            ImportAnswersInput | None,
            strawberry.argument(description="What the user says; nothing if null."),
        ] = None,
    ) -> ImportJob:
        principal = info.context.principal
        principal.require(Scope.INGEST)
        request = {"answers": compute.answers_request(answers)}
        async with queries.primary(info.context) as connection:
            number = await queries.add_job(
                connection,
                JobKind.INSPECT.value,
                request,
                upload=compute.upload_id(upload),
                by=principal.name,
            )
        return await _job(info.context, number)

    @strawberry.mutation(
        description="Import an uploaded file, all or nothing, or check what that would do. Only "
        "lines that are not known are booked. Scope INGEST, for the mapping's source."
    )
    async def start_import(
        self,
        info: Info,
        upload: UploadArg,
        mapping: Annotated[
            str, strawberry.argument(description="The mapping, as YAML: docs/import.md.")
        ],
        options: Annotated[
            ImportOptionsInput | None,
            strawberry.argument(description="What it overrides of the mapping."),
        ] = None,
        dry_run: Annotated[
            bool, strawberry.argument(description="Report what would happen, and change nothing.")
        ] = False,
        idempotency_key: KeyArg = None,
    ) -> ImportJob:
        principal = info.context.principal
        principal.require(Scope.INGEST)
        compute.check_mapping(mapping)
        request = {
            "sources": compute.sources_of(principal),
            "mapping": mapping,
            "options": compute.options_request(options),
        }
        kind = JobKind.CHECK if dry_run else JobKind.IMPORT
        async with queries.primary(info.context) as connection:
            number = await queries.add_job(
                connection,
                kind.value,
                request,
                upload=compute.upload_id(upload),
                key=compute.request_key(principal, idempotency_key),
                by=principal.name,
            )
        _log.info("import_requested", job=number, kind=kind.value, by=principal.name)
        return await _job(info.context, number)

    @strawberry.mutation(
        description="Take an import back whole: figures are as before it. Again changes nothing. "
        "Scope INGEST, for its source."
    )
    async def undo_import(self, info: Info, id: IdArg, idempotency_key: KeyArg = None) -> ImportJob:
        principal = info.context.principal
        principal.require(Scope.INGEST)
        run = row_id(id, RUN_TYPE)
        async with queries.primary(info.context) as connection:
            principal.require_source(await queries.source_of_run(connection, run))
            number = await queries.add_job(
                connection,
                JobKind.UNDO.value,
                {"sources": compute.sources_of(principal), "run": run},
                key=compute.request_key(principal, idempotency_key),
                by=principal.name,
            )
        _log.info("undo_requested", job=number, run=run, by=principal.name)
        return await _job(info.context, number)

    @strawberry.mutation(
        description="Generate sales of the past year, for a look around, in a dashboard without "
        "any; they cannot be taken back. Refused in production. Scope INGEST for every source."
    )
    async def generate_demo(
        self,
        info: Info,
        orders: Annotated[
            int, strawberry.argument(description="How many orders, at most 200000.")
        ] = 20_000,
    ) -> ImportJob:
        principal = info.context.principal
        principal.require_every_source()
        if info.context.services.settings.auth.production:
            raise Forbidden(
                say(
                    "import.dashboard-production-generated-sales",
                    "A dashboard in production has no generated sales.",
                )
            )
        request = compute.demo_request(orders, info.context.received_at)
        async with queries.primary(info.context) as connection:
            number = await queries.add_job(
                connection, JobKind.DEMO.value, request, by=principal.name
            )
        _log.info("demo_requested", job=number, orders=orders, by=principal.name)
        return await _job(info.context, number)


async def _job(context: Context, number: int) -> ImportJob:
    context.principal.require(Scope.INGEST)
    # A job belongs to no snapshot.
    context.dependencies.live = True
    async with queries.primary(context) as connection:
        return compute.import_job(await queries.job(connection, number))
