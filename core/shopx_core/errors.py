"""One exception tree; each class has a stable code for APIs, logs and scripts.

A message says what is wrong and where; a hint says what to do. Any other exception is a defect: it
is logged, and not shown to users.
"""

from typing import Any, ClassVar

from shopx_core.texts import Text, as_json


class ShopxError(Exception):
    """An expected failure.

    Args:
        message: What is wrong and where, one sentence, without secrets.
        hint: What the user can do; `None` = nothing.
        details: JSON-serialisable facts for machines (a field's path, a limit, a row number).
    """

    code: ClassVar[str] = "INTERNAL"
    exit_code: ClassVar[int] = 1
    """The exit code of a command that fails with this error."""

    def __init__(self, message: str, *, hint: str | None = None, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details

    def extensions(self) -> dict[str, Any]:
        """What a response says about it besides the message.

        `said` has the message and the hint with their codes and values, for other languages.
        """
        sentences = {"message": self.message, "hint": self.hint}
        said = {name: as_json(text) for name, text in sentences.items() if isinstance(text, Text)}
        return (
            {"code": self.code}
            | ({"hint": self.hint} if self.hint else {})
            | ({"said": said} if said else {})
        )

    def as_json(self) -> dict[str, Any]:
        """For storing: code, message and hint, and `said` of them."""
        return {"message": self.message, "hint": self.hint} | self.extensions()

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # The default loses keyword-only arguments, and process pools pickle errors.
        return _rebuild, (type(self), self.message, self.hint, self.details)


def _rebuild(
    kind: type[ShopxError], message: str, hint: str | None, details: dict[str, Any]
) -> ShopxError:
    return kind(message, hint=hint, **details)


class InvalidInput(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The input breaks a rule; the same request fails again."""

    code = "INVALID_INPUT"
    exit_code = 2


class InvalidConfiguration(InvalidInput):
    """A setting, a manifest or a mapping cannot be used."""

    code = "INVALID_CONFIGURATION"


class TooComplex(InvalidInput):
    """A query costs more than this server allows."""

    code = "TOO_COMPLEX"


class RateMissing(InvalidInput):
    """No exchange rate is known for the currency and day of an amount."""

    code = "RATE_MISSING"


class NotFound(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The named object does not exist, or the caller may not see it."""

    code = "NOT_FOUND"


class Unauthenticated(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The request has no credentials, or invalid ones."""

    code = "UNAUTHENTICATED"


class Forbidden(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The caller is authenticated but not permitted."""

    code = "FORBIDDEN"


class Conflict(ShopxError):  # noqa: N818 -- reads as the code it carries
    """The request contradicts what is stored, such as a used idempotency key with other content."""

    code = "CONFLICT"


class MaintenanceNeeded(Conflict):
    """The operation needs exclusive use of the database."""

    code = "MAINTENANCE_NEEDED"
    exit_code = 75
    """Scripts and the operator recognise it by this exit code."""


class DatabaseEmpty(Conflict):
    """The database holds nothing, where a dashboard's data were."""

    code = "DATABASE_EMPTY"
    exit_code = 76
    """The operator recognises it by this exit code."""


class TooManyRequests(ShopxError):  # noqa: N818 -- reads as the code it carries
    """A concurrency limit is reached; the same request may succeed later."""

    code = "TOO_MANY_REQUESTS"


class RateLimited(TooManyRequests):
    """The caller sent more than its share; the detail `seconds` says when to send it again."""

    code = "RATE_LIMITED"


class Unavailable(ShopxError):  # noqa: N818 -- reads as the code it carries
    """A dependency (database, broker, a free port) is unavailable; retry later."""

    code = "UNAVAILABLE"


class TimedOut(Unavailable):
    """The operation exceeded its time limit."""

    code = "TIMED_OUT"


class IntegrityBroken(ShopxError):  # noqa: N818 -- reads as the code it carries
    """Stored figures contradict each other; run `shopx verify`."""

    code = "INTEGRITY_BROKEN"
