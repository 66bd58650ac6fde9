"""What PostgreSQL's error codes say about trying again. Pure.

Source: Appendix A of PostgreSQL's documentation. A code is a class of two characters, and three
more.
"""

from typing import Final

_UNAVAILABLE: Final = (
    "08",  # connection exceptions
    "28",  # the login is refused
    "3D000",  # the database does not exist (yet)
    "25006",  # a former primary, or a standby, takes no writes
    "40001", "40P01",  # given up for another transaction
    "53",  # no memory, room for locks, connections or disk
    "55P03",  # a lock was not to be had in time
    "57P",  # the server starts, stops, crashed, or ended the session
    "58",  # the operating system failed it
)  # fmt: skip

_NOT_PERMITTED: Final = "42501"
_FILES: Final = frozenset(
    {
        *("buffile.c", "copydir.c", "fd.c", "md.c", "relmapper.c", "sharedfileset.c", "slru.c"),
        *("smgr.c", "storage.c", "xlog.c", "xlogutils.c"),
    }
)
"""PostgreSQL's own sources that read and write files."""


def says_unavailable(sqlstate: str | None, source_file: str | None = None) -> bool:
    """Whether the server could not do it now: the same statement may succeed later.

    Args:
        sqlstate: The error's code.
        source_file: Where in PostgreSQL it was raised. A disk that became read-only refuses writes
            with the code of a role that lacks a right, and nothing else but this tells them apart
            in every language.
    """
    if sqlstate == _NOT_PERMITTED:
        return source_file in _FILES
    return sqlstate is not None and sqlstate.startswith(_UNAVAILABLE)
