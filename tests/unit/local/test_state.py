"""Where a dashboard keeps its things on one machine."""

import os
import stat
from pathlib import Path

import pytest

from shopx_core.errors import Conflict, InvalidConfiguration, Unavailable
from shopx_local.account import Account, passes
from shopx_local.state import ROOT_STATE, RunningProcess, RunRecord, StateDir, locate

STRANGER = Account("stranger", 54321, 54321)


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    made = StateDir(tmp_path / "state")
    made.prepare()
    return made


def test_secrets_are_made_once_and_readable_by_the_owner_alone(state: StateDir) -> None:
    first = state.secrets()
    assert state.secrets() == first
    assert len({first.superuser_password, first.database_password, first.redis_password}) == 3
    mode = stat.S_IMODE((state.path / "secrets.json").stat().st_mode)
    assert mode == 0o600


def test_damaged_secrets_are_not_replaced(state: StateDir) -> None:
    """New passwords would lock the data up for good."""
    (state.path / "secrets.json").write_text("{", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="damaged"):
        state.secrets()


def test_second_run_is_refused_and_told_where_the_first_is(state: StateDir) -> None:
    state.lock()
    state.write_record(
        RunRecord("shop", "/m.yaml", "http://127.0.0.1:8000", RunningProcess("up", 42, 1.0, 15), 1)
    )
    with pytest.raises(Conflict, match=r"http://127\.0\.0\.1:8000 \(process 42\)"):
        StateDir(state.path).lock()
    assert state.is_locked()
    state.unlock()
    assert not state.is_locked()
    StateDir(state.path).lock()


def test_record_round_trips_and_is_private(state: StateDir) -> None:
    record = RunRecord(
        "shop",
        "/m.yaml",
        "http://h",
        RunningProcess("up", 1, 2.5, 15),
        3.5,
        [RunningProcess("api.1", 2, 3.0, 15)],
        {"api.1": 4},
        {"SHOPX_DATABASE_DSN": "postgresql://"},
    )
    state.write_record(record)
    assert state.read_record() == record
    assert stat.S_IMODE((state.path / "run.json").stat().st_mode) == 0o600
    state.clear_record()
    assert state.read_record() is None


def test_damaged_record_counts_as_none(state: StateDir) -> None:
    (state.path / "run.json").write_text('{"name": 1}', encoding="utf-8")
    assert state.read_record() is None


def test_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="--state"):
        StateDir(tmp_path / "file" / "state").prepare()


def test_state_is_beside_the_manifest(tmp_path: Path) -> None:
    assert locate(tmp_path / "m.yaml", "shop", None, None) == tmp_path / ".state" / "shop"


def test_state_leaves_a_place_that_the_servers_account_cannot_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    found = locate(closed / "m.yaml", "shop", STRANGER, None)
    assert found.parent == ROOT_STATE
    assert found.name.startswith("shop-")
    other = locate(closed / "other.yaml", "shop", STRANGER, None)
    assert other != found, "two manifests never share data"
    with pytest.raises(InvalidConfiguration, match="stranger, which cannot enter"):
        locate(closed / "m.yaml", "shop", STRANGER, closed / "state")


def test_chosen_place_is_taken(tmp_path: Path) -> None:
    assert locate(tmp_path / "m.yaml", "shop", None, tmp_path / "x") == tmp_path / "x"


def test_passing_needs_every_parent(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    tmp_path.chmod(0o711)
    assert passes(STRANGER, inner)
    (tmp_path / "a").chmod(0o700)
    assert not passes(STRANGER, inner)
