"""Which of PostgreSQL's errors may pass by themselves."""

import asyncpg
import pytest

from shopx_api.graphql.errors import expected
from shopx_core.errors import InvalidInput, TimedOut, Unavailable
from shopx_core.sqlstates import says_unavailable

_PASSING = (
    asyncpg.OutOfMemoryError,  # also "out of shared memory": no room for locks
    asyncpg.DiskFullError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ConfigurationLimitExceededError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.IdleSessionTimeoutError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.ConnectionFailureError,
    asyncpg.InvalidPasswordError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.PostgresIOError,
)
_DEFECTS = (
    asyncpg.UndefinedTableError,
    asyncpg.UniqueViolationError,
    asyncpg.DivisionByZeroError,
    asyncpg.InternalServerError,
    asyncpg.InsufficientPrivilegeError,
)


@pytest.mark.parametrize("kind", _PASSING)
def test_what_may_pass_is_unavailable(kind: type[asyncpg.PostgresError]) -> None:
    found = expected(kind("no"))
    assert type(found) is Unavailable


@pytest.mark.parametrize("kind", _DEFECTS)
def test_what_happens_again_is_a_defect(kind: type[asyncpg.PostgresError]) -> None:
    assert expected(kind("no")) is None
    assert not says_unavailable(kind.sqlstate)


def test_a_text_and_a_time_limit_are_told_apart() -> None:
    assert type(expected(asyncpg.QueryCanceledError("late"))) is TimedOut
    assert type(expected(asyncpg.CharacterNotInRepertoireError("nul"))) is InvalidInput


def test_an_error_without_a_code_says_nothing() -> None:
    assert not says_unavailable(None)


def test_a_disk_that_is_read_only_is_no_lack_of_rights() -> None:
    """PostgreSQL has one code for both."""
    assert says_unavailable("42501", "md.c")
    assert not says_unavailable("42501", "aclchk.c")
    assert not says_unavailable("42501")
