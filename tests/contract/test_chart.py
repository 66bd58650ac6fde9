"""The chart says what its model says, and gives the operator the rights that it uses."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_operator.manifests.kinds import CHILDREN, DASHBOARD, OPTIONAL, POD, ResourceKind
from shopx_operator.planning.plan import PRUNED
from shopx_operator.runtime.options import PREFIX, Options

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "shopx-operator"
TEMPLATES = CHART / "templates"


def _rules() -> dict[tuple[str, str], set[str]]:
    """The operator's rights: verbs by group and resource."""
    text = (TEMPLATES / "_helpers.tpl").read_text(encoding="utf-8")
    match = re.search(r'define "shopx-operator.rules" -}}\n(.*?)\{\{- end', text, re.DOTALL)
    assert match
    return {
        (group, resource): set(rule["verbs"])
        for rule in yaml.safe_load(match[1])
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }


def _needed(kind: ResourceKind) -> set[str]:
    verbs = {"get", "list", "create", "patch"}
    verbs |= set() if kind.optional else {"watch"}
    return verbs | ({"delete"} if kind.name in PRUNED else set())


@pytest.mark.parametrize("kind", [*CHILDREN, *OPTIONAL], ids=lambda kind: kind.plural)
def test_the_operator_may_do_what_it_does_and_no_more(kind: ResourceKind) -> None:
    assert _rules()[kind.group, kind.plural] == _needed(kind)


def test_there_are_no_other_rights() -> None:
    rest = _rules().keys() - {(kind.group, kind.plural) for kind in (*CHILDREN, *OPTIONAL)}
    assert rest == {
        (DASHBOARD.group, DASHBOARD.plural),
        (DASHBOARD.group, f"{DASHBOARD.plural}/status"),
        (POD.group, POD.plural),
        ("", "events"),
        ("apps", "deployments/scale"),
        ("apps", "statefulsets/scale"),
    }
    for verbs in _rules().values():
        assert "*" not in verbs
    assert _rules()[DASHBOARD.group, DASHBOARD.plural] == {"get", "list", "watch"}


def test_the_deployment_sets_what_the_operator_reads() -> None:
    text = (TEMPLATES / "deployment.yaml").read_text(encoding="utf-8")
    given = set(re.findall(rf"{PREFIX}(\w+)", text))
    known = {name.upper() for name in Options.model_fields}
    required = {n.upper() for n, field in Options.model_fields.items() if field.is_required()}
    assert required <= given <= known


def test_versions_are_those_of_the_project() -> None:
    chart: dict[str, Any] = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'\nversion = "{chart["appVersion"]}"\n' in project
