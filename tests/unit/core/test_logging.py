"""Log lines are structured, carry their ids and never a secret."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from shopx_core import logging as shopx_logging
from shopx_core.logging import redact, redact_text


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    output = io.StringIO()
    shopx_logging.configure("test", stream=output)
    yield output
    shopx_logging.unbind_all()
    structlog.reset_defaults()
    root.handlers[:] = before
    root.setLevel(level)


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://shop:hunter2@db:5432/x", "postgresql://shop:***@db:5432/x"),
        ("postgresql://shop:hunt/@er2@db/x", "postgresql://shop:***@db/x"),
        ("redis://:hunter2@localhost/0", "redis://:***@localhost/0"),
        ("host=db password=hunter2 user=a", "host=db password=*** user=a"),
        ("host=db password='hunter 2' user=a", "host=db password=*** user=a"),
        ("Authorization: Bearer hunter2hunter2", "Authorization: Bearer ***"),
        ("token shx_hunter2hunter2 was refused", "token shx_*** was refused"),
        ("eyJhbGciOiJI.eyJzdWIiOiJ.hunter2", "***"),
        ("GET /graphql?token=hunter2&x=1", "GET /graphql?token=***&x=1"),
        ("http://127.0.0.1:8000/a@b", "http://127.0.0.1:8000/a@b"),
        ("nothing secret", "nothing secret"),
    ],
)
def test_secrets_in_text_are_masked_and_the_rest_is_kept(text: str, shown: str) -> None:
    assert redact_text(text) == shown


def test_values_under_telling_names_are_masked_at_any_depth() -> None:
    event = {
        "password": "hunter2",
        "headers": {"Authorization": "hunter2", "Accept": "json"},
        "items": [{"api_key": "hunter2"}],
        "tokens": 12,
        "n": None,
    }
    shown = redact(event)
    assert "hunter2" not in json.dumps(shown)
    assert shown["headers"]["Accept"] == "json"
    assert shown["tokens"] == 12


def test_lines_are_json_with_the_ids_of_their_context(stream: io.StringIO) -> None:
    shopx_logging.bind(request_id="r-1", trace_id="t-1")
    shopx_logging.get("shopx.test").info("answered", milliseconds=3)
    (line,) = _lines(stream)
    assert line["event"] == "answered"
    assert line["milliseconds"] == 3
    assert (line["request_id"], line["trace_id"]) == ("r-1", "t-1")
    assert (line["component"], line["level"], line["logger"]) == ("test", "info", "shopx.test")
    assert str(line["timestamp"]).endswith("Z")


def test_other_libraries_log_the_same_way(stream: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("lost %s", "postgresql://a:hunter2@h/d")
    (line,) = _lines(stream)
    assert line["event"] == "lost postgresql://a:***@h/d"
    assert line["level"] == "warning"


def test_an_exception_is_logged_without_its_secrets(stream: io.StringIO) -> None:
    try:
        raise ValueError("cannot reach postgresql://a:hunter2@h/d")  # noqa: TRY301 -- the case itself
    except ValueError:
        shopx_logging.get("shopx.test").exception("failed")
    assert "ValueError" in stream.getvalue()
    assert "hunter2" not in stream.getvalue()
