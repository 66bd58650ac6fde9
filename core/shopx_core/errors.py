"""One exception tree; each class has a stable code that APIs, logs and scripts may rely on.

A message says what is wrong and where; a hint says what to do about it. Anything that is not a
`ShopxError` is a defect and is shown to nobody but the log.
"""

from typing import Any, ClassVar


class ShopxError(Exception):
    """An expected failure.

    Args:
        message: What is wrong and where, one sentence, without secrets.
        hint: What the reader can do about it; `None` when nothing is to be done.
        details: JSON-serialisable facts for machines (a field's path, a limit, a row number).
    """

    code: ClassVar[str] = "INTERNAL"
    exit_code: ClassVar[int] = 1
    """What a command that fails with it ends with."""

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Keyword-only arguments are lost by the default, and a pool of processes pickles errors.
        return _rebuild, (type(self), self.message, self.hint, self.details)


def _rebuild(
    kind: type[ShopxError], message: str, hint: str | None, details: dict[str, Any]
) -> ShopxError:
    return kind(message, hint=hint, **details)


class InvalidInput(ShopxError):  # noqa: N818 -- reads as the code it carries
    """What was asked or given breaks a rule; the same request fails again."""

    code = "INVALID_INPUT"
    exit_code = 2


class InvalidConfiguration(InvalidInput):
    """A setting, a manifest or a mapping cannot be used."""

    code = "INVALID_CONFIGURATION"


class TooComplex(InvalidInput):
    """A query costs more than this server answers; ask for less."""

    code = "TOO_COMPLEX"


class RateMissing(InvalidInput):
    """An amount has a currency and a day for which no exchange rate is known."""

    code = "RATE_MISSING"


class NotFound(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The thing named does not exist, or the caller may not know that it does."""

    code = "NOT_FOUND"


class Unauthenticated(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The caller did not say who it is, or the proof does not hold."""

    code = "UNAUTHENTICATED"


class Forbidden(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The caller is known and may not do this."""

    code = "FORBIDDEN"


class Conflict(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The request contradicts what is stored, such as a used idempotency key with other content."""

    code = "CONFLICT"


class MaintenanceNeeded(Conflict):
    """Something may be done only while nobody else uses the database."""

    code = "MAINTENANCE_NEEDED"
    exit_code = 75
    """Scripts and the operator tell it by this number from every other failure."""


class TooManyRequests(ShopxError):  # noqa: N818 -- reads as the code it carries
    """A limit on work done at once is reached; the same request may pass a moment later."""

    code = "TOO_MANY_REQUESTS"


class Unavailable(ShopxError):  # noqa: N818 -- reads as the code it carries
    """Something this needs (database, broker, a free port) is away; try again."""

    code = "UNAVAILABLE"


class TimedOut(Unavailable):
    """The work took longer than it may."""

    code = "TIMED_OUT"


class IntegrityBroken(ShopxError):  # noqa: N818 -- reads as the code it carries
    """Stored figures contradict each other; a person must look (`shopx verify`)."""

    code = "INTEGRITY_BROKEN"
