"""Messages of reports in the language of the dashboard, and outcomes that a page can say."""

from decimal import Decimal

import pytest

from shopx_core.domain.languages import Language
from shopx_core.domain.periods.ranges import Preset
from shopx_core.domain.reports import Alert, Channel, Condition, Definition
from shopx_core.speech import Speech
from shopx_core.texts import Text, dumps, loads
from shopx_workers.reports.figures import Observed
from shopx_workers.reports.messages import alert_text, summary
from shopx_workers.reports.outcome import Result
from shopx_workers.reports.webhook import outcome_of

OBSERVED = Observed(Decimal("1234.5"), Decimal(2000), Decimal("-0.38275"))
REPORT = Definition(
    name="Monday figures",
    page="overview",
    preset=Preset.LAST_WEEK,
    filters={},
    channel=Channel.EMAIL,
    targets=("boss@example.org",),
    schedule="0 7 * * MON",
)
DOCUMENT = {
    "facts": [["Zeitraum", "2026-01-01 bis 2026-01-07", "UTC"]],
    "sections": [
        {
            "kind": "figures",
            "rows": [
                {"title": "Umsatz", "unit": "money", "value": "1234.5", "previous": "2000",
                 "ratio": "-0.38275"},
                {"title": "Marge", "unit": "ratio", "value": None, "previous": None,
                 "ratio": None},
            ],
        }
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "condition", "said"),
    [
        ("en", Condition.BELOW, "Revenue is below 1,500.00: it is 1,234.50."),
        ("de", Condition.BELOW, "Umsatz liegt unter 1.500,00: 1.234,50."),
        ("en", Condition.FALLS,
         "Revenue fell by more than 150000.0 %: it is 1,234.50, before 2,000.00 (-38.3 %)."),
        ("de", Condition.FALLS,
         "Umsatz fiel um mehr als 150000,0 %: 1.234,50, vorher 2.000,00 (-38,3 %)."),
    ],
)  # fmt: skip
def test_an_alert_is_said_in_the_language(
    language: Language, condition: Condition, said: str
) -> None:
    speech = Speech(language)
    text = alert_text(Alert("revenue", condition, Decimal(1500)), OBSERVED, speech)
    # It is kept with the delivery until it is sent.
    assert speech(loads(dumps(text))) == said


def test_a_message_has_nothing_in_another_language() -> None:
    speech = Speech("de")
    alert = Alert("revenue", Condition.BELOW, Decimal(1500))
    text = summary(REPORT, DOCUMENT, alert_text(alert, OBSERVED, speech), speech)
    assert text.splitlines() == [
        "Monday figures",
        "",
        "Umsatz liegt unter 1.500,00: 1.234,50.",
        "",
        "Zeitraum: 2026-01-01 bis 2026-01-07, UTC",
        "",
        "Umsatz: 1.234,50 (vorher 2.000,00, -38,3 %)",
        "Marge: unbekannt",
    ]


def test_an_outcome_can_be_said_by_the_page() -> None:
    outcome = outcome_of(301, "Moved")
    assert outcome.result is Result.REFUSED
    assert isinstance(outcome.detail, Text)
    assert str(outcome.detail) == "HTTP 301 Moved (redirects are not followed)"
    # What the receiver says is its own.
    assert outcome_of(200, "ok").detail == "HTTP 200 ok"
