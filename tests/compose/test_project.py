"""One VM's dashboard as its operators and users see it; the tests depend on their order."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shopx_local.nginx import FLAG
from tests.compose.conftest import Project
from tests.support.northwind import REVENUE, SCRIPT, needs_northwind
from tests.support.traffic import visitors

pytestmark = [pytest.mark.compose, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
READER = "create role reader login password 'reads-only'; grant pg_read_all_data to reader;"
SOURCE = "postgresql://reader:reads-only@database/northwind"


def test_everything_runs_and_is_healthy(project: Project) -> None:
    states = project.states()
    assert states.pop("migrate") == "exited"
    assert states.pop("beat") == "running"
    assert set(states.values()) == {"healthy"}
    assert {"api-1", "api-2", "api-3", "nginx", "fold", "columns", "workers"} <= states.keys()


def test_containers_have_no_privileges_and_no_secret_in_their_environment(
    project: Project,
) -> None:
    ids = project.compose("ps", "-aq").split()
    found = json.loads(
        subprocess.run(["docker", "inspect", *ids], capture_output=True, check=True).stdout
    )
    secrets = [path.read_text().strip() for path in (project.folder / "secrets").iterdir()]
    for one in found:
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert host["Memory"] > 0
        assert "no-new-privileges:true" in host["SecurityOpt"]
        assert not one["Config"]["User"].startswith(("0", "root"))
        assert not [value for value in secrets if value in json.dumps(one)]


@needs_northwind
def test_sales_come_in_and_a_browser_shows_them_to_the_cent(
    project: Project, measured: Callable[[str], None]
) -> None:
    psql = ("exec", "-T", "database", "psql", "-q", "-v", "ON_ERROR_STOP=1")
    server = (*psql, "-h", "/var/run/shopx", "-U", "postgres")
    project.compose(*server, stdin=READER)
    project.compose(*server, stdin="create database northwind")
    project.compose(*server, "-d", "northwind", stdin=SCRIPT.read_text())
    mapping = ROOT / "examples" / "mappings" / "northwind.yaml"
    seed = [sys.executable, str(ROOT / "scripts" / "seed_data.py"), str(project.folder)]
    imported = subprocess.run(
        [*seed, "--mapping", str(mapping)],
        env=os.environ | {"SHOPX_IMPORT_SOURCE": SOURCE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert imported.returncode == 0, imported.stdout + imported.stderr
    assert project.site.revenue("1996-01-01", "1998-12-31", fresh=True) == REVENUE
    began = time.monotonic()
    browser = subprocess.run(
        ["node_modules/.bin/playwright", "test", "overview", "-g", "revenue to the cent"],
        cwd=ROOT / "frontend",
        env={**os.environ, "BASE_URL": f"http://127.0.0.1:{project.port}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert browser.returncode == 0, browser.stdout[-3000:] + browser.stderr[-1000:]
    measured(f"1,265,793.04 in a browser through Nginx: {time.monotonic() - began:.0f} s")


def test_a_rolling_restart_under_load_fails_no_read(
    project: Project, measured: Callable[[str], None]
) -> None:
    before = project.compose("ps", "-q", "api-1", "api-2", "api-3").split()
    began = time.monotonic()
    with visitors(project.site) as load:
        done = project.deploy("--restart")
    assert done.returncode == 0, done.stdout + done.stderr
    after = project.compose("ps", "-q", "api-1", "api-2", "api-3").split()
    assert not set(before) & set(after)
    assert load.failures == []
    assert load.answered > 50
    measured(
        f"rolling restart of 3 containers: {time.monotonic() - began:.0f} s,"
        f" {load.answered} reads, 0 failed, slowest {load.slowest:.1f} s"
    )


def test_a_release_that_does_not_start_is_rolled_back_under_load(project: Project) -> None:
    env = project.folder / ".env"
    kept = env.read_text()
    broken = "\n".join(
        "SHOPX_IMAGE_APP=localhost/shopx/compose-broken" if "IMAGE_APP=" in line else line
        for line in kept.splitlines()
    )
    app = next(line for line in kept.splitlines() if "IMAGE_APP=" in line).partition("=")[2]
    text = f"FROM {app}\nENV SHOPX_API_PORT=no-number\n"
    subprocess.run(
        ["docker", "build", "-q", "-t", "localhost/shopx/compose-broken", "-"],
        input=text,
        env=os.environ | {"DOCKER_BUILDKIT": "0"},
        text=True,
        check=True,
        capture_output=True,
    )
    before = project.compose("ps", "-q", "api-2", "api-3").split()
    env.write_text(broken + "\n")
    try:
        with visitors(project.site) as load:
            done = project.deploy()
    finally:
        env.write_text(kept)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error: " in done.stderr
    assert load.failures == []
    assert project.compose("ps", "-q", "api-2", "api-3").split() == before
    assert project.states()["api-1"] == "healthy"


@needs_northwind
def test_a_manifest_with_a_path_is_deployed_and_served_below_it(
    project: Project, tmp_path: Path
) -> None:
    """An upgrade as any other; a browser finds pages, assets, API, links and reloads below it."""
    kept = project.manifest.read_text()
    changed = tmp_path / "dashboard.yaml"
    changed.write_text(kept + "  ingress:\n    host: localhost\n    path: /analytics\n")
    project.render(changed)
    try:
        with visitors(project.site) as load:
            done = project.deploy()
        assert done.returncode == 0, done.stdout + done.stderr
        assert "healthy: http://127.0.0.1:" in done.stdout
        # Until Nginx has the new configuration, the old paths serve.
        assert load.answered > 20
        browser = subprocess.run(
            ["node_modules/.bin/playwright", "test", "subpath"],
            cwd=ROOT / "frontend",
            env={
                **os.environ,
                "BASE_URL": f"http://localhost:{project.port}",
                "BASE_PATH": "/analytics",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert browser.returncode == 0, browser.stdout[-3000:] + browser.stderr[-1000:]
    finally:
        project.render(project.manifest)
    assert project.deploy().returncode == 0
    assert project.site.revenue("1996-01-01", "1998-12-31", fresh=True) == REVENUE


def test_a_maintenance_is_said_to_visitors(project: Project) -> None:
    flag = project.folder / "nginx" / FLAG
    flag.touch()
    try:
        answer = project.site.request("GET", "/", Accept="text/html")
        assert (answer.status, answer.retry_after) == (503, "5")
    finally:
        flag.unlink()


@needs_northwind
def test_down_and_up_keeps_the_data(project: Project) -> None:
    project.compose("down", "-t", "20")
    done = project.deploy()
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.site.revenue("1996-01-01", "1998-12-31", fresh=True) == REVENUE


def test_a_missing_secret_or_image_is_refused_before_anything_changes(project: Project) -> None:
    env = project.folder / ".env"
    kept = env.read_text()
    env.write_text(kept + "SHOPX_IMAGE_NGINX=localhost/shopx/no-such-image\n")
    try:
        done = project.deploy()
    finally:
        env.write_text(kept)
    assert done.returncode == 2
    assert "localhost/shopx/no-such-image cannot be had" in done.stderr
    assert project.states()["nginx"] == "healthy"
