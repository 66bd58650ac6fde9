"""Traces: spans from the request to the SQL, sent to an OpenTelemetry collector.

Off unless a process is configured with an endpoint: then, and for requests that are not drawn, a
span is a shared object that does nothing. Whether a request is drawn is decided once, where it
arrives, by its trace id; the other processes follow the `traceparent` that they are handed (W3C
Trace Context). A client names a trace and cannot ask for more of them.
"""

import random
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry import trace as api

TRACEPARENT: Final = b"traceparent"
"""The header, in lower case."""

_FORM: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_NOTHING: Final = nullcontext()
_LONGEST_TEXT: Final = 2000
_HIGHEST: Final = 2**64
_NO_PARENT: Final = (0, 0)

Value = str | int | float | bool


class _Process:
    """What `configure` made for this process."""

    tracer: "api.Tracer | None" = None
    provider: Any = None
    percent: float = 0.0


def configure(component: str, *, endpoint: str | None, percent: float) -> None:
    """Send the spans of this process; call once, at an entry point and after a fork.

    Args:
        component: The component of this process: api, api-compute, worker…
        endpoint: The collector's URL for OTLP over HTTP, without path; `None` = no traces.
        percent: The share of requests that are traced, 0 to 100.
    """
    if endpoint is None:
        return
    # They take 100 ms and 15 MB, which a process without traces saves.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 -- see above
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 -- see above

    exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=5)
    install(component, BatchSpanProcessor(exporter), percent=percent)


def install(component: str, processor: Any, *, percent: float) -> None:
    """Give the spans of this process to a span processor of OpenTelemetry."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 -- as above
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 -- as above

    provider = TracerProvider(resource=Resource.create({"service.name": f"shopx-{component}"}))
    provider.add_span_processor(processor)
    _Process.provider = provider
    _Process.tracer = provider.get_tracer("shopx")
    _Process.percent = percent


def stop() -> None:
    """Send what is left, and trace no more."""
    if _Process.provider is not None:
        _Process.provider.shutdown()
    _Process.provider = _Process.tracer = None


def enabled() -> bool:
    """Whether this process sends traces."""
    return _Process.tracer is not None


def root(
    name: str, traceparent: str | None, attributes: Mapping[str, Value]
) -> AbstractContextManager[None]:
    """The span of a request or job, where its trace is drawn.

    Args:
        name: What is done.
        traceparent: As the client sent it; invalid or `None` = a new trace.
        attributes: Facts about it; never a secret.
    """
    if _Process.tracer is None:
        return _NOTHING
    found = _FORM.fullmatch(traceparent) if traceparent else None
    if found is None or not int(found[1], 16) or not int(found[2], 16):
        drawn = random.random() * 100 < _Process.percent  # noqa: S311 -- a sample, no secret
        return _span(name, attributes, _NO_PARENT) if drawn else _NOTHING
    # By the last 64 bits of the id, as the SDK's own sampler draws: equal ids, equal decisions.
    if int(found[1], 16) % _HIGHEST >= _Process.percent / 100 * _HIGHEST:
        return _NOTHING
    return _span(name, attributes, (int(found[1], 16), int(found[2], 16)))


def continued(
    name: str, traceparent: str | None, attributes: Mapping[str, Value]
) -> AbstractContextManager[None]:
    """A span in the trace of another process; nothing where that process does not trace.

    Args:
        name: What is done.
        traceparent: What `current` said there.
        attributes: Facts about it; never a secret.
    """
    found = _FORM.fullmatch(traceparent) if _Process.tracer is not None and traceparent else None
    if found is None or found[3] != "01":
        return _NOTHING
    return _span(name, attributes, (int(found[1], 16), int(found[2], 16)))


def span(name: str, attributes: Mapping[str, Value]) -> AbstractContextManager[None]:
    """A span within the current one; nothing without one."""
    return _span(name, attributes, None) if current() is not None else _NOTHING


def record(name: str, seconds: float, attributes: Mapping[str, Value]) -> None:
    """A span that has just ended, within the current one; nothing without one."""
    if _Process.tracer is None or current() is None:
        return
    ended = time.time_ns()
    made = _Process.tracer.start_span(
        name, start_time=ended - int(seconds * 1e9), attributes=_short(attributes)
    )
    made.end(ended)


def current() -> str | None:
    """The `traceparent` of the current span; `None` = nothing is traced here."""
    if _Process.tracer is None:
        return None
    from opentelemetry.trace import get_current_span  # noqa: PLC0415 -- see `configure`

    found = get_current_span().get_span_context()
    if not found.is_valid or not found.trace_flags.sampled:
        return None
    return f"00-{found.trace_id:032x}-{found.span_id:016x}-01"


@contextmanager
def _span(
    name: str, attributes: Mapping[str, Value], parent: tuple[int, int] | None
) -> Iterator[None]:
    from opentelemetry import trace  # noqa: PLC0415 -- see `configure`
    from opentelemetry.context import Context  # noqa: PLC0415 -- see `configure`

    assert _Process.tracer is not None  # noqa: S101 -- for the type checker: callers asked
    context = None if parent is None else Context()
    if parent and parent != _NO_PARENT:
        remote = trace.SpanContext(*parent, is_remote=True, trace_flags=trace.TraceFlags(1))
        context = trace.set_span_in_context(trace.NonRecordingSpan(remote))
    with _Process.tracer.start_as_current_span(name, context, attributes=_short(attributes)):
        yield


def _short(attributes: Mapping[str, Value]) -> dict[str, Value]:
    return {
        key: value[:_LONGEST_TEXT] if isinstance(value, str) else value
        for key, value in attributes.items()
    }
