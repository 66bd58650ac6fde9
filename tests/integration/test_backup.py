"""A volume is lost, and the restored one has the same figures, to the cent."""

import contextlib
import datetime as dt
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import boto3
import psycopg
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from shopx_migrations import runner
from shopx_store.rollups.fold import fold
from shopx_store.verification import verify
from tests.support.archived_postgres import Machine, machine
from tests.support.postgres import free_port
from tests.support.sales import Item, Sales

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def root() -> Iterator[Path]:
    # A socket's path has 107 characters at most, and pytest's folders are close to that.
    folder = Path(tempfile.mkdtemp(prefix="shopx-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def s3_server(root: Path) -> Iterator[str]:
    """The URL of an S3 server: versitygw where it is on the PATH, and a mock elsewhere."""
    program = shutil.which("versitygw")
    if program is None:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
        server.stop()
        return
    folders = [root / "meta", root / "s3"]
    for folder in folders:
        folder.mkdir()
    address = f"127.0.0.1:{free_port()}"
    keys = ["--access", "backup", "--secret", "secret"]
    words = [program, "--port", address, *keys, "posix", "--sidecar", *map(str, folders)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    try:
        yield f"http://{address}"
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def bucket(root: Path) -> Iterator[dict[str, str]]:
    """A bucket of an S3 server, and the variables of an archive in it."""
    keys = root / "keys"
    keys.mkdir()
    (keys / "access-key-id").write_text("backup\n")
    (keys / "secret-access-key").write_text("secret\n")
    with s3_server(root) as endpoint:
        client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="backup",
            aws_secret_access_key="secret",
            region_name="us-east-1",
            config=Config(retries={"mode": "standard", "total_max_attempts": 10}),
        )
        client.create_bucket(Bucket="backups")
        client.close()
        yield {
            "SHOPX_BACKUP_URL": "s3://backups/team/shop/sales",
            "SHOPX_BACKUP_ENDPOINT": endpoint,
            "SHOPX_BACKUP_CREDENTIALS": str(keys),
            "SHOPX_BACKUP_ENCRYPTION": "AES256",
        }


@pytest.fixture(params=["folder", "s3"])
def here(request: pytest.FixtureRequest, root: Path) -> Machine:
    """A machine, for each kind of archive."""
    archive = {} if request.param == "folder" else request.getfixturevalue("bucket")
    return machine(root, archive)


def trickle(here: Machine, sales: Sales, orders: int) -> None:
    """Record orders, one transaction each."""
    for _ in range(orders):
        number = len(sales.orders)
        sales.sale(START + dt.timedelta(minutes=number), [Item(gross=Decimal(f"{number}.17"))])
        sales.write(here.dsn)


def assert_figures(here: Machine, revenue: object) -> None:
    assert here.revenue() == revenue
    with psycopg.connect(here.dsn, autocommit=True) as connection:
        fold(connection)
        assert verify(connection).good


def test_a_lost_volume_is_restored_to_a_moment_and_to_the_newest_state(here: Machine) -> None:
    """One database through its life: two losses, two timelines, one archive."""
    sales = Sales()
    here.initialise()
    with here.serving():
        here.create_database()
        runner.upgrade(here.dsn)
        trickle(here, sales, 5)
        assert '"backup"' in here.succeed("backup")
        trickle(here, sales, 5)
        moment, then = here.moment(), here.revenue()
        target = moment.isoformat().replace("+00:00", "Z")
        trickle(here, sales, 5)
        assert here.revenue() > then
        here.until_archived()

    # A volume with data is left as it is.
    restore = ("restore", "--data", str(here.data))
    assert "holds data" in here.succeed(*restore, "--to", target)
    with here.serving():
        assert here.revenue() > then

    here.lose_volume()
    here.succeed(*restore, "--to", target)
    with here.serving():
        assert_figures(here, then)
        here.succeed("backup")
        with psycopg.connect(here.dsn) as connection:
            connection.execute("create table after_restore (n numeric)")
            connection.execute("insert into after_restore values (7.01)")
        here.until_archived()

    # What is empty is no data, as after a first start on a new volume.
    here.lose_volume()
    here.initialise()
    here.succeed(*restore)
    with here.serving():
        assert_figures(here, then)
        assert str(here.one("select n from after_restore")) == "7.01"

    # A target that was left in the manifest brings no old data back.
    here.lose_volume()
    again = here.run(*restore, "--to", target)
    assert again.returncode == 1
    assert "was carried out at" in again.stderr
    assert not here.data.exists()
