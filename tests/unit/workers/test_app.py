"""How jobs travel: the promises that the application's configuration makes."""

import pytest
from pydantic import SecretStr

from shopx_core.errors import InvalidConfiguration
from shopx_core.jobs import QUEUES, Job, TaskName
from shopx_core.settings import (
    DatabaseSettings,
    PartitionSettings,
    RedisSettings,
    RefreshSettings,
    Settings,
    ViewSchedule,
)
from shopx_workers.__main__ import main
from shopx_workers.app import LONGEST_SECONDS, RETRIES, make_app, retry_delay
from shopx_workers.schedule import entries
from shopx_workers.tasks import MODULES, handler

DATABASE = DatabaseSettings(dsn=SecretStr("postgresql://localhost/x"))
SETTINGS = Settings(
    database=DATABASE,
    redis=RedisSettings(url=SecretStr("redis://localhost")),
    refresh=RefreshSettings(
        views=(ViewSchedule(name="mv_customer_rfm", schedule="7 * * * *", concurrently=False),)
    ),
    partitions=PartitionSettings(ahead=5),
)


def test_every_job_has_its_task() -> None:
    """What can be asked for can be done: names, payloads and handlers agree."""
    assert (
        {kind.task for kind in MODULES}
        == set(TaskName)
        == set(make_app(SETTINGS).tasks) & set(TaskName)
    )
    assert set(MODULES) == set(Job.__subclasses__())
    assert all(callable(handler(kind)) for kind in MODULES)
    assert {kind.queue for kind in MODULES} <= set(QUEUES)


def test_no_job_is_handed_out_twice_while_it_may_still_run() -> None:
    """The broker waits longer than the longest job with all the pauses before its attempts."""
    app = make_app(SETTINGS)
    visibility = app.conf.broker_transport_options["visibility_timeout"]
    assert app.conf.task_time_limit == LONGEST_SECONDS
    assert visibility > LONGEST_SECONDS + max(retry_delay(n) for n in range(RETRIES))


def test_only_json_is_read() -> None:
    """A message must not be able to run code."""
    app = make_app(SETTINGS)
    assert app.conf.accept_content == ["json"]
    assert app.conf.task_serializer == "json"


def test_workers_need_a_broker() -> None:
    """The message names the variable to set."""
    with pytest.raises(InvalidConfiguration, match="SHOPX_REDIS_URL"):
        make_app(Settings(database=DATABASE))


def test_the_schedule_follows_the_settings() -> None:
    """Views as configured, and what every installation needs."""
    found = {entry.name: entry.job.to_message() for entry in entries(SETTINGS)}
    assert found == {
        "refresh:mv_customer_rfm": {"name": "mv_customer_rfm", "concurrently": False},
        "partitions": {"ahead": 5},
        "predictions": {},
    }


@pytest.mark.parametrize("words", [[], ["worker", "beat"], ["dance"]])
def test_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Anything but a role is answered with the roles."""
    assert main(words) == 2
    assert "worker|beat" in capsys.readouterr().err
