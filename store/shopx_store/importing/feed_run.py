"""An attempt of a feed: reads what is new in its source, and imports it."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from shopx_core.domain.feeds import followed_publication
from shopx_core.domain.webhooks import shop_of
from shopx_core.errors import Conflict, InvalidInput, NotFound
from shopx_core.settings import DatabaseSettings, ImportSettings
from shopx_core.texts import say
from shopx_store.feeds import queue
from shopx_store.feeds.queue import Feed
from shopx_store.importing import jobs
from shopx_store.importing.feed_changes import following
from shopx_store.importing.feed_events import waiting_events
from shopx_store.importing.feed_mappings import feed_mapping
from shopx_store.importing.feed_messages import CORRECTED, told
from shopx_store.importing.feed_sources import News, news, position_after
from shopx_store.importing.job_run import JobProgress, RejectsListed, report_facts, run_facts
from shopx_store.importing.jobs import ImportJob
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.pipeline import Options, run_import
from shopx_store.importing.publish_checks import NO_LIMIT
from shopx_store.importing.rejects import TooManyRejects
from shopx_store.importing.runs import find_run


class TakenBack(Conflict):
    """The feed's last import was taken back: another attempt would book it again."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What an attempt did.

    Attributes:
        run: Its import; `None` = nothing was new.
        position: What was read; `None` = as before.
        report: As a job has it; empty where nothing was read.
        events: Those that are dealt with.
        is_more: Whether its source has further news, for the next attempt.
    """

    run: int | None = None
    position: dict[str, Any] | None = None
    report: dict[str, Any] | None = None
    events: list[int] = field(default_factory=list)
    is_more: bool = False


def pull(
    connection: psycopg.Connection,
    database: DatabaseSettings,
    job: ImportJob,
    settings: ImportSettings,
) -> Pulled:
    """Read what is new in a feed's source, and import it.

    An attempt whose worker died after it had published imports nothing again; what it read is read
    once more by the next, and is known then.

    Args:
        connection: The session that holds the job.
        database: The ledger's.
        job: The attempt.
        settings: Where credentials and folders are.

    Raises:
        ShopxError: It cannot be read, or not be imported; a `RejectsListed` has the rejected rows.
    """
    published = jobs.run_of(connection, job.id)
    if published is not None:
        return Pulled(published, None, run_facts(find_run(connection, published)))
    feed = queue.find(connection, int(job.request["feed"]))
    if feed is None:
        raise NotFound(say("feed.feed-removed", "The feed was removed."))
    follows = followed_publication(feed.address) is not None
    if feed.is_undone:
        raise TakenBack(
            say(
                "feed.import-taken-back-feed",
                "Its import {last_run} was taken back: the feed is paused.",
                last_run=feed.last_run,
            ),
            hint=say(
                "feed.resume-anew",
                "Give it a corrected mapping to read everything again ({command}), or resume it to"
                " read everything again.",
                command=CORRECTED.format(feed.name),
            )
            if follows
            else say(
                "feed.resume-from-now",
                "Give it a corrected mapping to read everything again ({command}), or resume it to"
                " go on with what changes from now on.",
                command=CORRECTED.format(feed.name),
            ),
        )
    queue.begin(connection, feed.id)
    mapping = feed_mapping(feed.mapping)
    jobs.progress(connection, job.id, "fetch")
    shop = shop_of(feed.address)
    if shop is not None:
        with waiting_events(connection, feed, shop) as (folder, ids):
            found = News(folder, mapping, {})
            # Orders that were cancelled are meant.
            options = Options(max_missing=NO_LIMIT)
            pulled = (
                _imported(connection, database, job, feed, found, options) if folder else Pulled()
            )
            return replace(pulled, events=ids)
    if follows:
        return _followed(connection, database, job, feed, mapping, settings)
    with news(feed, mapping, settings) as found:
        if found.source is None:
            return Pulled(position=found.position)
        return _imported(connection, database, job, feed, found, Options())


def _followed(
    connection: psycopg.Connection,
    database: DatabaseSettings,
    job: ImportJob,
    feed: Feed,
    mapping: Mapping,
    settings: ImportSettings,
) -> Pulled:
    """Read the orders that changed in a database, and book them."""
    with following(connection, feed, mapping, settings) as reading:
        pulled = Pulled()
        if reading.mapping is not None:
            found = News(reading.source, reading.mapping, {})
            options = Options(
                mode=reading.mode,
                extent=reading.extent,
                orders=reading.orders,
                snapshot=reading.snapshot,
                max_missing=reading.limit,
            )
            pulled = _imported(connection, database, job, feed, found, options)
        reading.finish()
    return replace(pulled, is_more=reading.is_more)


def _imported(
    connection: psycopg.Connection,
    database: DatabaseSettings,
    job: ImportJob,
    feed: Feed,
    found: News,
    options: Options,
) -> Pulled:
    source = found.source or ""
    with TemporaryDirectory(prefix="shopx-feed-rejects-") as folder:
        rejects = Path(folder) / "rejects.csv"
        options = replace(
            options,
            source_name=feed.source,
            rejects=rejects,
            job=job.id,
            noting_nothing=False,
        )
        try:
            report = run_import(
                database, found.mapping, source, options, JobProgress(connection, job.id)
            )
        except TooManyRejects as error:
            shown = told(error, feed, found.mapping, source, rejects)
            raise RejectsListed(shown, rejects.read_text()) from None
        except InvalidInput as error:
            raise told(error, feed, found.mapping, source, rejects) from None
    position = found.position
    if position is None:
        position = position_after(report.newest, feed.position)
    return Pulled(report.published.run, position, report_facts(report, Path(source)))
