"""The chart gives the operator the settings and the rights that it uses."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from shopx_operator.manifests.kinds import CHILDREN, DASHBOARD, LEASE, POD, ResourceKind
from shopx_operator.runtime.options import PREFIX, Options

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "shopx-operator"
TEMPLATES = CHART / "templates"


def _verbs(rules: list[dict[str, list[str]]]) -> dict[tuple[str, str], set[str]]:
    """The verbs of a Role's rules, by group and resource."""
    found: dict[tuple[str, str], set[str]] = {}
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault((group, resource), set()).update(rule["verbs"])
    return found


def _rules() -> dict[tuple[str, str], set[str]]:
    """The operator's rights on dashboards and what belongs to them, as the chart grants them."""
    text = (CHART / "files" / "rules.yaml").read_text(encoding="utf-8")
    return _verbs(yaml.safe_load(text))


def _needed(kind: ResourceKind) -> set[str]:
    if kind.name == "Secret":
        # Who may list or watch Secrets reads all of them.
        return {"get", "create", "patch", "delete"}
    return {"get", "list", "create", "patch", "delete"} | (set() if kind.optional else {"watch"})


@pytest.mark.parametrize("kind", CHILDREN, ids=lambda kind: kind.plural)
def test_the_operator_may_do_what_it_does_and_no_more(kind: ResourceKind) -> None:
    """What may be removed is what is pruned, but for claims: one without a volume is made again."""
    assert _rules()[kind.group, kind.plural] == _needed(kind)
    assert kind.pruned == (kind.name != "PersistentVolumeClaim")
    assert kind.watched == ("watch" in _needed(kind))


def test_there_are_no_other_rights() -> None:
    rest = _rules().keys() - {(kind.group, kind.plural) for kind in CHILDREN}
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
    assert _rules()[DASHBOARD.group, DASHBOARD.plural] == {"list", "watch"}
    assert _rules()[POD.group, POD.plural] == {"list", "watch", "patch", "delete"}


def test_both_scopes_grant_the_generated_rules() -> None:
    """The ClusterRole, and the Role of each namespace in `watchNamespaces`."""
    text = (TEMPLATES / "rbac.yaml").read_text(encoding="utf-8")
    assert text.count('include "shopx-operator.rules"') == 2
    helpers = (TEMPLATES / "_helpers.tpl").read_text(encoding="utf-8")
    assert '.Files.Get "files/rules.yaml"' in helpers


def test_the_lease_is_granted_where_the_operator_runs() -> None:
    text = (TEMPLATES / "rbac.yaml").read_text(encoding="utf-8")
    match = re.search(r"^kind: Role\n.*?^rules:\n(.*?)^---", text, re.DOTALL | re.MULTILINE)
    assert match
    granted = _verbs(yaml.safe_load(match[1].replace("{{ $name }}", "name")))
    assert granted == {(LEASE.group, LEASE.plural): set(LEASE.verbs)}


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
