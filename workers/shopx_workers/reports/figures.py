"""Figures and files from the API, as of one snapshot: reports say what the pages say."""

import base64
import hashlib
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import psycopg

from shopx_core.domain.api_tokens import Scope, digest
from shopx_core.domain.languages import Language
from shopx_core.domain.reports import Alert, Definition
from shopx_core.errors import InvalidInput, Unavailable
from shopx_core.logging import TOKEN_PREFIX
from shopx_core.settings import Settings
from shopx_core.texts import say

_SECONDS: Final = 120
_AS_OF: Final = "x-shopx-as-of"
_TOKEN_NAME: Final = "scheduled reports"  # noqa: S105 -- a name
_REGISTER: Final = """
insert into tokens (name, digest, scopes, sources) values (%s, %s, %s, '{}')
on conflict (digest) do nothing
"""
_FIGURE: Final = """
query ReportAlert(
  $period: PeriodInput, $comparison: ComparisonInput, $zone: String, $filters: FilterInput,
  $metric: MetricId!
) {
  sales(period: $period, comparison: $comparison, zone: $zone, filters: $filters) {
    kpis(metrics: [$metric]) { value previous delta { ratio } }
  }
}"""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment."""

    name: str
    media: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Observed:
    """The figure of an alert."""

    value: Decimal | None
    previous: Decimal | None
    change: Decimal | None


class Api:
    """Asks the API with a token of its own, which may read.

    The token's secret follows from the database's URL, which only the processes of one installation
    have, so it is stored nowhere. A token that was revoked stays so.

    Args:
        settings: Where the API is.
        connection: Registers the token.
    """

    def __init__(self, settings: Settings, connection: psycopg.Connection) -> None:
        self._base = settings.reports.api.rstrip("/")
        given = b"shopx reports\0" + settings.database.write_dsn.encode()
        encoded = base64.urlsafe_b64encode(hashlib.sha256(given).digest()).decode().rstrip("=")
        self._secret = TOKEN_PREFIX + encoded
        connection.execute(_REGISTER, (_TOKEN_NAME, digest(self._secret), [Scope.READ.value]))

    def page(self, definition: Definition, language: Language) -> tuple[dict[str, Any], list[File]]:
        """A report's document and its files, in a language.

        Raises:
            InvalidInput: The API refuses what the report is of; the message is the API's.
            Unavailable: The API cannot be reached, or not at this moment.
        """
        asked: dict[str, Any] = definition.variables() | {"language": language.upper()}
        if definition.panels:
            asked["panels"] = list(definition.panels)
        content, headers = self._post(f"/exports/{definition.page}.json", asked)
        document: dict[str, Any] = json.loads(content)
        snapshot = {_AS_OF: headers[_AS_OF]}
        files = []
        for one in definition.formats:
            path = f"/exports/{definition.page}.{one.value}"
            content, headers = self._post(path, asked, snapshot)
            named = re.search(r'filename="([^"]+)"', headers["content-disposition"])
            name = named[1] if named else f"{definition.page}.{one.value}"
            files.append(File(name, headers["content-type"], content))
        return document, files

    def observe(self, definition: Definition, alert: Alert) -> Observed:
        """The figure that an alert watches.

        Raises:
            InvalidInput: The API refuses what the alert is of.
            Unavailable: The API cannot be reached, or not at this moment.
        """
        variables = definition.variables() | {"metric": alert.metric.upper()}
        content, _ = self._post("/graphql", {"query": _FIGURE, "variables": variables})
        answer = json.loads(content)
        if "errors" in answer:
            raise InvalidInput(answer["errors"][0]["message"])
        (figure,) = answer["data"]["sales"]["kpis"]
        change = (figure["delta"] or {}).get("ratio")
        return Observed(_decimal(figure["value"]), _decimal(figure["previous"]), _decimal(change))

    def _post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> tuple[bytes, Mapping[str, str]]:
        request = urllib.request.Request(  # noqa: S310 -- the setting is of http or https
            self._base + path,
            json.dumps(body).encode(),
            {
                "content-type": "application/json",
                "authorization": f"Bearer {self._secret}",
                **(headers or {}),
            },
        )
        try:
            with _OPENER.open(request, timeout=_SECONDS) as response:
                return response.read(), {
                    name.lower(): value for name, value in response.headers.items()
                }
        except urllib.error.HTTPError as error:
            said = _problem(error.read())
            if error.code >= 500 or error.code in (401, 408, 429):  # noqa: PLR2004 -- HTTP's
                raise Unavailable(
                    say(
                        "delivery.api-silent",
                        "The API does not answer: {said} (HTTP {code})",
                        said=said,
                        code=str(error.code),
                    )
                ) from error
            raise InvalidInput(
                say("delivery.api-refuses", "The API refuses the report: {said}", said=said)
            ) from error
        except OSError as error:
            raise Unavailable(
                say("delivery.api-away", "The API cannot be reached: {error}", error=str(error))
            ) from error


def _opener() -> urllib.request.OpenerDirector:
    """Without proxies and redirects, which would take the token to another address."""
    made = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        made.add_handler(handler)
    return made


_OPENER: Final = _opener()


def _problem(body: bytes) -> str:
    try:
        message: str = json.loads(body)["errors"][0]["message"]
    except (ValueError, KeyError, IndexError, TypeError):
        return body[:200].decode(errors="replace")
    return message


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
