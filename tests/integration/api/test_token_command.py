"""`shopx token`: the secret is shown once, to stdout alone, and works at once."""

import re
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from shopx_core.cli import main
from shopx_core.domain.api_tokens import new_secret
from tests.support.api import Api
from tests.support.postgres import Database

Run = Callable[..., tuple[int, str, str]]
BOUND = ("--source", "till 1", "--source", "till 2")
READ = "{ viewer { name scopes } }"


@pytest.fixture
def run(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run the command as a shell would: exit code, stdout, stderr."""
    monkeypatch.setenv("SHOPX_DATABASE_DSN", database.dsn)

    def command(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["token", *words])
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return command


async def test_a_token_is_made_used_listed_and_revoked(run: Run, api: Api) -> None:
    """Its whole life."""
    code, secret, note = run("create", "import job", "--scope", "read", "--scope", "ingest", *BOUND)
    assert (code, "not shown again" in note) == (0, True)
    assert re.fullmatch(r"shx_[\w-]{43}\n", secret)
    authorization = f"Bearer {secret.strip()}"
    viewer = (await api.data(READ, authorization=authorization))["viewer"]
    assert viewer == {"name": "import job", "scopes": ["READ", "INGEST"]}
    code, listed, _ = run("list")
    assert code == 0
    assert "import job" in listed
    assert "active" in listed
    assert "till 1, till 2" in listed
    assert secret.strip() not in listed
    assert run("revoke", "1")[1] == "Token 1 (import job) is revoked.\n"
    assert run("revoke", "1")[0] == 0
    assert "revoked" in run("list")[1]


def test_a_token_may_end(run: Run) -> None:
    """And the note says when."""
    code, _, note = run("create", "visitor", "--expires", "12h")
    assert (code, "until " in note) == (0, True)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("create", "x", "--scope", "write"), 2, "Unknown scope 'write'"),
        (("create", " "), 2, "1 to 100 characters"),
        (("create", "x", "--expires", "soon"), 2, "is not a lifetime"),
        (("create", "x", "--scope", "ingest"), 2, "is bound to a source, or to none"),
        (("create", "x", "--source", "till"), 2, "with the scope ingest only"),
        (("create", "x", "--scope", "ingest", "--every-source", "--source", "a"), 2, "is bound to"),
        (("revoke", "7"), 1, "There is no token 7"),
    ],
    ids=["scope", "name", "lifetime", "unbound", "useless", "both", "unknown"],
)
def test_mistakes_are_told(run: Run, words: tuple[str, ...], code: int, message: str) -> None:
    """Nothing is made then, and nothing is printed to stdout."""
    found, out, error = run(*words)
    assert (found, out) == (code, "")
    assert message in error


async def test_secrets_are_not_stored(run: Run, pool: asyncpg.Pool) -> None:
    """Only a digest of it."""
    secret = run("create", "x")[1].strip()
    row = await pool.fetchrow("select * from tokens")
    assert row is not None
    assert secret not in repr(dict(row))
    assert len(row["digest"]) == 32


async def test_a_token_that_was_drawn_elsewhere_is_registered_once(
    run: Run, api: Api, tmp_path: Path
) -> None:
    """As from a Secret: registering it again changes nothing, not even a revocation."""
    secret = new_secret()
    file = tmp_path / "token"
    file.write_text(f"{secret}\n")
    words = ("register", "operator", "--expires", "90d", "--secret-file", str(file))
    for _ in range(2):
        code, out, note = run(*words)
        assert (code, out) == (0, "")
        assert secret not in note
    viewer = (await api.data(READ, authorization=f"Bearer {secret}"))["viewer"]
    assert viewer == {"name": "operator", "scopes": ["READ"]}
    assert "never" not in run("list")[1]
    run("revoke", "1")
    run(*words)
    assert "active" not in run("list")[1]


async def test_a_token_takes_the_place_of_those_before_it(
    run: Run, api: Api, tmp_path: Path
) -> None:
    """Of a dashboard that was deleted, or of a rotation; tokens of other names stay."""
    secrets = [new_secret(), new_secret()]
    kept = run("create", "operators")[1].strip()
    for secret in secrets:
        file = tmp_path / "token"
        file.write_text(secret)
        run("register", "operator", "--secret-file", str(file), "--revoke-others")
    for secret in (kept, secrets[1]):
        assert (await api.data(READ, authorization=f"Bearer {secret}"))["viewer"]
    listed = [line for line in run("list")[1].splitlines() if " operator " in line]
    assert ["revoked" in line for line in listed] == [True, False]


def test_a_file_without_a_token_is_refused(run: Run, tmp_path: Path) -> None:
    """An empty Secret must not become a token."""
    file = tmp_path / "token"
    file.write_text("secret")
    code, out, error = run("register", "operator", "--secret-file", str(file))
    assert (code, out) == (2, "")
    assert "holds no token" in error
