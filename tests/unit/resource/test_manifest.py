"""Reading a manifest file, and what is said when it cannot be read."""

import pytest

from shopx_core.errors import InvalidConfiguration
from shopx_core.resource.manifest import parse_manifest
from shopx_core.resource.v1beta1.storage import DatabaseUrl

HEAD = """apiVersion: analytics.shopx.io/v1beta1
kind: AnalyticsDashboard
metadata:
  name: shop
"""
SECRET = """apiVersion: v1
kind: Secret
metadata: {name: db}
data: {dsn: cG9zdGdyZXNxbDovL3U6cEBoL2Q=}
stringData: {reader: "postgresql://r@h/d"}
"""


def test_secrets_and_other_objects_may_stand_beside_the_dashboard() -> None:
    manifest = parse_manifest(
        f"{SECRET}---\n{HEAD}---\nkind: ConfigMap\nmetadata: {{name: other}}\n---\n"
    )
    assert manifest.dashboard.metadata.name == "shop"
    assert manifest.ignored == ("ConfigMap other",)
    assert manifest.secret(DatabaseUrl(name="db"), "x") == "postgresql://u:p@h/d"
    assert manifest.secret(DatabaseUrl(name="db", key="reader"), "x") == "postgresql://r@h/d"


def test_a_former_version_is_read_with_a_word_about_it() -> None:
    """As the API server does: the same manifest runs without a cluster."""
    new, old = parse_manifest(HEAD), parse_manifest(HEAD.replace("v1beta1", "v1alpha1"))
    assert new.deprecation is None
    assert old.deprecation == (
        "analytics.shopx.io/v1alpha1 is deprecated; write analytics.shopx.io/v1beta1,"
        " which has the same fields"
    )
    assert old.dashboard.spec == new.dashboard.spec


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: b: c", "line 1, column 5"),
        ("kind: [", "is not valid YAML"),
        ("", "no objects of kind AnalyticsDashboard"),
        ("just text", "document 1, is no Kubernetes object"),
        ("- kind: AnalyticsDashboard", "document 1, is no Kubernetes object"),
        (f"{HEAD}---\n{HEAD}", "2 objects of kind"),
        (
            HEAD.replace("v1beta1", "v9"),
            "this build reads analytics.shopx.io/v1beta1 and analytics.shopx.io/v1alpha1",
        ),
        (HEAD.replace("  name: shop\n", "  name: shop\n  name: other\n"), "'name' is given twice"),
        (SECRET.replace("cG9z", "no-base64-") + "---\n" + HEAD, "is not base64"),
        (HEAD + "spec:\n  refresh:\n    view: []\n", "spec.refresh.view: unknown field; did you"),
        (HEAD + "spec: 5\n", "spec"),
    ],
)
def test_unreadable_file_is_explained(text: str, says: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        parse_manifest(text, "shop.yaml")
    assert says in caught.value.message
    assert "shop.yaml" in caught.value.message


def test_missing_secret_names_the_field_and_a_missing_key_names_the_others() -> None:
    manifest = parse_manifest(f"{SECRET}---\n{HEAD}")
    with pytest.raises(InvalidConfiguration, match=r"database\.external\.secretRef names"):
        manifest.secret(DatabaseUrl(name="absent"), "spec.database.external.secretRef")
    with pytest.raises(InvalidConfiguration, match="dsn, reader"):
        manifest.secret(DatabaseUrl(name="db", key="url"), "spec.database.external.secretRef")


def test_a_time_stays_text_as_on_a_cluster() -> None:
    manifest = parse_manifest(f"{HEAD}spec:\n  restartedAt: 2026-01-02T03:04:05Z\n")
    assert manifest.dashboard.spec.restarted_at == "2026-01-02T03:04:05Z"


def test_no_message_shows_a_secret() -> None:
    """Neither Pydantic's input nor a Secret's value is repeated."""
    broken = SECRET.replace("kind: Secret", "kind: Secret\nextra: 1")
    with pytest.raises(InvalidConfiguration) as caught:
        parse_manifest(f"{broken}---\n{HEAD}spec: {{size: hunter2}}")
    assert "hunter2" not in str(caught.value)
    assert "u:p" not in str(caught.value)
