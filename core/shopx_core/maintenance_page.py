"""What visitors get while the dashboard is away: a page that looks again, or JSON for programs.

The API's maintenance process serves it on a cluster, Nginx on one machine.
"""

import json
from dataclasses import dataclass
from typing import Final

RETRY_SECONDS: Final = 5

# Self-contained: requests for other files get this page too.
_PAGE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="{seconds}">
<title>Back in a moment</title>
<style>
  body {{ font: 1.05rem/1.6 system-ui, sans-serif; display: grid; place-items: center;
         min-height: 90vh; margin: 0 1.5rem; }}
  main {{ max-width: 34rem; }}
  h1 {{ font-size: 1.6rem; font-weight: 600; }}
</style>
<main>
  <h1>Back in a moment</h1>
  <p>{message}</p>
  <p>This page looks again every few seconds and opens the dashboard when it is there. Nothing is
  lost: sales that were recorded are safe, and new ones can be sent again afterwards.</p>
</main>
</html>
"""


@dataclass(frozen=True, slots=True)
class Away:
    """Why the dashboard is away."""

    code: str
    """For programs."""
    message: str
    """One sentence."""
    hint: str

    @property
    def page(self) -> str:
        """HTML."""
        return _PAGE.format(message=self.message, seconds=RETRY_SECONDS)

    @property
    def errors(self) -> str:
        """A GraphQL response."""
        extensions = {"code": self.code, "hint": self.hint}
        return json.dumps({"errors": [{"message": self.message, "extensions": extensions}]})


MAINTENANCE: Final = Away(
    "MAINTENANCE",
    "The dashboard is being upgraded, and its database with it.",
    "It comes back by itself; try again in a few seconds. Nothing is lost.",
)
UNANSWERED: Final = Away(
    "UNAVAILABLE",
    "The dashboard does not answer at the moment.",
    "Try again in a few seconds; if that lasts, its operators find the reason in its logs.",
)
