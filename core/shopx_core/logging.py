"""Structured logs: one line per event on stderr, with request and trace ids, never a secret.

The standard library's loggers (uvicorn, Celery, SQLAlchemy) use the same processors, so every line
has the same form and redaction.
"""

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, Literal, TextIO, cast

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

MASK = "***"

# Prefix of the product's own API tokens; a leaked one is found by searching for it.
TOKEN_PREFIX = "shx_"  # noqa: S105 -- a public prefix, not a token

_SECRET_KEY = re.compile(
    r"(?:^|[_\-.])(?:password|passwd|passphrase|pwd|secret|token|dsn|authorization|cookie"
    r"|credentials?|api[_\-]?key|private[_\-]?key)$",
    re.IGNORECASE,
)
_SECRET_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    # The password of a URL, scheme://user:password@host, to its last @: a password may hold an
    # unescaped @ or, where the scheme says that no path with an @ is meant, an unescaped slash.
    (
        re.compile(
            r"(?P<head>\b(?:postgres\w*|redis|rediss|valkeys?|amqps?|unix)(?:\+\w+)?://[^\s:/@]*:)"
            r"\S+(?=@)"
        ),
        rf"\g<head>{MASK}",
    ),
    (re.compile(r"(?P<head>\b[a-zA-Z][\w+.\-]*://[^\s:/@]*:)[^\s/]+(?=@)"), rf"\g<head>{MASK}"),
    # Before Sentinels a password may stand without a user and colon.
    (re.compile(r"(?P<head>\brediss?-sentinel://)[^\s:/@]+(?=@)"), rf"\g<head>{MASK}"),
    # A keyword DSN's password, or a query string's.
    (
        re.compile(
            r"(?P<head>(?:\b|_)(?:password|passwd|pwd|secret|token|api_key)\s*=\s*)"
            r"(?:'[^']*'|\"[^\"]*\"|[^\s&;,'\")]+)",
            re.IGNORECASE,
        ),
        rf"\g<head>{MASK}",
    ),
    (
        re.compile(r"(?P<head>\b(?:Bearer|Basic)\s+)[\w\-.~+/]{6,}=*", re.IGNORECASE),
        rf"\g<head>{MASK}",
    ),
    (re.compile(rf"\b(?P<head>{TOKEN_PREFIX})[\w\-]{{6,}}"), rf"\g<head>{MASK}"),
    # JSON web tokens.
    (re.compile(r"\beyJ[\w\-]{8,}\.[\w\-]{8,}\.[\w\-]*"), MASK),
)


def redact_text(text: str) -> str:
    """Mask the passwords and token-like parts of a text, keeping the rest readable."""
    for pattern, replacement in _SECRET_TEXT:
        text = pattern.sub(replacement, text)
    return text


def redact(value: Any, key: str = "") -> Any:
    """Mask secrets in a value of any nesting.

    Args:
        value: What is about to be logged.
        key: The name under which it is logged; the name of a secret masks the whole value.

    Returns:
        A copy without secrets; numbers, booleans and `None` are returned as they are.
    """
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {k: redact(v, str(k)) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redact(item, key) for item in value]
    text = value if isinstance(value, str) else str(value)
    # A DSN keeps its host and user, which are useful in a log.
    return MASK if _SECRET_KEY.search(key) and "://" not in text else redact_text(text)


def redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The structlog processor that keeps secrets out of every line."""
    return cast("EventDict", {key: redact(value, key) for key, value in event.items()})


def bind(**values: Any) -> None:
    """Add fields (request_id, trace_id, operation) to every line of the current context."""
    structlog.contextvars.bind_contextvars(**values)


def unbind_all() -> None:
    """Remove the fields that `bind` added to the current context."""
    structlog.contextvars.clear_contextvars()


def get(name: str) -> structlog.stdlib.BoundLogger:
    """The logger of a module; log with an event name and keyword fields."""
    return structlog.stdlib.get_logger(name)


def _component(name: str) -> Processor:
    def add(_logger: WrappedLogger, _method: str, event: MutableMapping[str, Any]) -> EventDict:
        event["component"] = name
        return event

    return add


def _without_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop uvicorn's second copy of its message, made for terminals."""
    event.pop("color_message", None)
    return event


def configure(
    component: str,
    *,
    json: bool = True,
    level: LogLevel = "INFO",
    stream: TextIO | None = None,
) -> None:
    """Send every log line of this process, structured, to stderr. Call once, at an entry point.

    Args:
        component: The component of this process: api, worker, fold, operator…
        json: One JSON object a line; `False` writes aligned text for people.
        level: Lines below it are dropped.
        stream: Where to write instead of stderr.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        # Text lines have a component prefix and are read live.
        structlog.processors.TimeStamper(fmt="iso" if json else "%H:%M:%S", utc=json),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        *([_component(component)] if json else []),
        _without_colours,
        redact_event,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(default=str, ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "celery", "alembic"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    # The product's own middleware logs one line per request, with its ids.
    logging.getLogger("uvicorn.access").disabled = True
