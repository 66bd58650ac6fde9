"""The Grafana dashboard of one dashboard: the generated overview, with its variables filled in.

overview.json is written by `make generate`; the other dashboards, and what all of them show, are in
deploy/monitoring.
"""

import hashlib
import json
from functools import cache
from importlib import resources
from typing import Any, Final

SELECTOR: Final = 'dashboard="$dashboard",namespace=~"$namespace"'
"""Selects the series of the dashboard that the variables of a page name."""
_LONGEST_UID: Final = 40


@cache
def _overview() -> str:
    return resources.files(__package__).joinpath("overview.json").read_text(encoding="utf-8")


def dashboard(namespace: str, name: str) -> dict[str, Any]:
    """The dashboard in Grafana's JSON model.

    Args:
        namespace: Where the dashboard's pods run.
        name: The dashboard's name.
    """
    chosen = f'dashboard="{name}",namespace="{namespace}"'
    made: dict[str, Any] = json.loads(
        _overview().replace(json.dumps(SELECTOR)[1:-1], json.dumps(chosen)[1:-1])
    )
    variables = made["templating"]["list"]
    made["templating"]["list"] = [one for one in variables if one["type"] == "datasource"]
    # Constant, so that links survive.
    return made | {"title": f"ShopX {namespace}/{name}", "uid": _uid(f"{namespace}-{name}")}


def _uid(text: str) -> str:
    uid = f"shopx-{text}"
    if len(uid) <= _LONGEST_UID:
        return uid
    # Cut names would be equal.
    return f"shopx-{hashlib.sha256(text.encode()).hexdigest()[:32]}"
