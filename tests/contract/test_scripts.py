"""The shell scripts: checked by shellcheck, and what they refuse."""

import os
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from shopx_core.containers.valkey_files import REPLICATED_FILES

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
SHELL = sorted([*SCRIPTS.glob("*.sh"), *ROOT.glob("deploy/**/*.sh"), *ROOT.glob("hack/**/*.sh")])

pytestmark = pytest.mark.enable_socket


def run(script: str, *words: object, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(SCRIPTS / script), *map(str, words)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.parametrize("path", SHELL, ids=lambda path: path.name)
def test_shellcheck_finds_nothing(path: Path) -> None:
    done = subprocess.run(["shellcheck", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_shellcheck_finds_nothing_in_the_scripts_of_pods(tmp_path: Path) -> None:
    """Of the cache's servers, which source one another."""
    for name, text in REPLICATED_FILES.items():
        (tmp_path / name).write_text(text)
    words = ["shellcheck", "--shell=bash", "--external-sources", *sorted(REPLICATED_FILES)]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


class _Dashboard(BaseHTTPRequestHandler):
    """Answers by the server's `statuses`."""

    server: Any

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.authorizations.append(self.headers.get("Authorization"))
        self.send_response(self.server.statuses[self.path])
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = _answer  # noqa: N815 -- the standard library's names

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


@pytest.fixture
def dashboard() -> Iterator[Any]:
    server: Any = HTTPServer(("127.0.0.1", 0), _Dashboard)
    server.statuses = {"/readyz": 200, "/": 200, "/graphql": 200}
    server.authorizations = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def url(server: Any) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def test_a_healthy_dashboard(dashboard: Any) -> None:
    done = run("health_check.sh", url(dashboard))
    assert (done.returncode, done.stdout) == (0, f"healthy: {url(dashboard)}\n")


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/readyz", 503, "not ready: "),
        ("/", 404, "failing: the page answers 404"),
        ("/graphql", 500, "failing: the API answers 500"),
    ],
)
def test_a_part_that_fails(dashboard: Any, path: str, status: int, says: str) -> None:
    dashboard.statuses[path] = status
    done = run("health_check.sh", url(dashboard))
    assert done.returncode == 1
    assert done.stdout.startswith(says)


def test_nothing_answers() -> None:
    done = run("health_check.sh", "http://127.0.0.1:1")
    assert done.returncode == 2
    assert "does not answer" in done.stdout


def test_a_token_is_sent_and_its_refusal_is_a_failure(dashboard: Any, tmp_path: Path) -> None:
    dashboard.statuses["/graphql"] = 401
    assert run("health_check.sh", url(dashboard)).returncode == 0
    (tmp_path / "token").write_text("shx_secret\n")
    done = run("health_check.sh", "--token-file", tmp_path / "token", url(dashboard))
    assert done.returncode == 1
    assert dashboard.authorizations[-1] == "Bearer shx_secret"
    assert "shx_secret" not in done.stdout + done.stderr


@pytest.mark.parametrize("words", [[], ["ftp://x"], ["--wait", "x", "http://h"], ["--wait"]])
def test_a_wrong_command_line(words: list[str]) -> None:
    assert run("health_check.sh", *words).returncode == 3


def test_a_deployment_needs_a_project(tmp_path: Path) -> None:
    done = run("deploy.sh", tmp_path)
    assert done.returncode == 2
    assert "has no compose.yaml" in done.stderr
    assert "hint: Render one" in done.stderr


@pytest.mark.parametrize(
    ("docker", "says"),
    [
        (None, "Docker is not installed."),
        ("exit 1", "No Docker engine answers."),
        ('[ "$1" = info ]', "Docker Compose is not installed."),
        ('[ "$1" = compose ] && echo 2.3.3; true', "Docker Compose is 2.3.3; 2.20 or newer"),
    ],
)
def test_what_a_machine_lacks_is_said_and_nothing_is_begun(
    tmp_path: Path, docker: str | None, says: str
) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "sh", "dirname", "date", "df", "awk", "sed", "head", "env"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    if docker is not None:
        program(tools, "docker", docker)
    project = tmp_path / "project"
    project.mkdir()
    (project / "compose.yaml").write_text("services: {}\n")
    done = run("deploy.sh", project, PATH=str(tools))
    assert done.returncode == 2
    assert says in done.stderr
    assert sorted(path.name for path in project.iterdir()) == ["compose.yaml"]


def test_a_deployment_to_another_machine_copies_all_but_secrets(tmp_path: Path) -> None:
    """`ssh` runs the words here, with another home."""
    home = tmp_path / "home"
    home.mkdir()
    program(tmp_path / "bin", "ssh", f'shift; cd {home} && HOME={home} sh -c "$*"')
    program(tmp_path / "bin", "docker", "exit 1")
    project = tmp_path / "sales"
    (project / "secrets").mkdir(parents=True)
    (project / "secrets" / "token").write_text("shx_secret")
    (project / "compose.yaml").write_text("services: {}\n")
    (tmp_path / "images.tar").write_text("images")
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    images = ("--images", tmp_path / "images.tar")
    done = run("deploy.sh", "--host", "me@vm", *images, project, PATH=path)
    # There the same checks refuse.
    assert done.returncode == 2
    assert "No Docker engine answers." in done.stderr
    assert (home / "shopx" / "sales" / "compose.yaml").exists()
    assert (home / "shopx" / "images.tar").read_text() == "images"
    assert not (home / "shopx" / "sales" / "secrets").exists()


def test_sales_need_a_project_and_a_mapping_that_exist(tmp_path: Path) -> None:
    done = run("seed_data.py", tmp_path)
    assert (done.returncode, done.stderr) == (2, f"error: there is no {tmp_path}/compose.yaml\n")
