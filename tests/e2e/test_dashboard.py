"""One dashboard below a path, from apply to another route, as its operators and users see it."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.dashboards import dashboard
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.light import light
from tests.support.northwind import REVENUE, load, needs_northwind
from tests.support.traffic import Site, visitors

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

ROOT = Path(__file__).resolve().parents[2]
NAME = "sales"
BASE = "/analytics"


@pytest.fixture(scope="module")
def sales(shared: Kubectl, port: int, measured: Callable[[str], None]) -> Kubectl:
    """A dashboard that serves, in a namespace that enforces restricted Pod Security."""
    host = f"{shared.namespace}.localhost"
    spec = light(host, api={"replicas": 2}, ingress={"path": BASE, "port": port})
    began = time.monotonic()
    shared.apply(dashboard(spec, NAME))
    shared("wait", "--for=condition=Ready", f"adash/{NAME}", "--timeout=4m", timeout=250)
    measured(f"apply → Ready: {time.monotonic() - began:.1f} s")
    shared.until_settled(NAME)
    return shared


@pytest.fixture(scope="module")
def imported(sales: Kubectl, site: Site) -> Site:
    """The dashboard with Northwind's sales, loaded by the documented Job."""
    load(sales, NAME)
    sales("create", "secret", "generic", "sales-import", "--from-literal", f"source={SOURCE}")
    mapping = ROOT / "examples" / "mappings" / "northwind.yaml"
    sales("create", "configmap", "sales-import", f"--from-file=mapping.yaml={mapping}")
    job = yaml.safe_load((ROOT / "examples" / "import-job.yaml").read_text())
    (container,) = job["spec"]["template"]["spec"]["containers"]
    deployment = sales.get("deployment", f"{NAME}-api")
    assert deployment is not None
    container["image"] = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
    sales.apply(job)
    sales("wait", "--for=condition=Complete", "job/sales-import", "--timeout=120s", timeout=130)
    return site


SOURCE = f"postgresql://reader:reads-only@{NAME}-database/northwind"


def test_the_status_says_how_it_does(sales: Kubectl, port: int) -> None:
    found = sales.get("adash", NAME)
    assert found is not None
    status = found["status"]
    assert status["url"] == f"http://{sales.namespace}.localhost:{port}{BASE}"
    assert status["api"] == {"desired": 2, "ready": 2, "updated": 2}
    assert status["schemaRevision"].isdigit()
    assert status["observedGeneration"] == found["metadata"]["generation"]
    assert sales.condition(NAME, "Degraded")["status"] == "False"
    assert "finalizers" not in found["metadata"]
    line = sales("get", "adash", NAME, "--no-headers").split()
    assert line[:2] == [NAME, "True"]


def test_pods_write_no_file_system_and_run_as_nobody_in_particular(sales: Kubectl) -> None:
    """What restricted Pod Security cannot ask for holds as well."""
    for pod in sales.all_of("pods", "app.kubernetes.io/name=shopx"):
        for container in pod["spec"]["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert {"requests", "limits"} <= container["resources"].keys()
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert all(one.get("restartCount") == 0 for one in pod["status"]["containerStatuses"])


HEATMAP = """query Heatmap {
  sales(period: {days: {from: "2024-01-01", to: "2024-12-31"}}) {
    heatmap { metric weekdays hours values }
  }
}"""


def test_the_columnar_replica_is_fetched_and_answers(
    sales: Kubectl, site: Site, measured: Callable[[str], None]
) -> None:
    """Every API pod fetches the base from the builder, which answers only with the secret."""
    began = time.monotonic()
    condition = sales.until_condition(NAME, "ColumnsReady", "True")
    measured(f"Ready → ColumnsReady: {time.monotonic() - began:.1f} s")
    assert condition["message"] == "All 2 API pods answer from the replica."

    def tier() -> str:
        headers: dict[str, Any] = {"Cache-Control": "no-cache"}
        answer = site.request("POST", "/graphql", {"query": HEATMAP}, **headers)
        assert answer.data
        return str(json.loads(answer.body)["extensions"]["tier"])

    sales.until("an uncached panel is answered from columns", lambda: tier() == "columns", 30)
    ask = (
        f"import urllib.request as r;r.urlopen('http://{NAME}-columns:9200/generations', timeout=5)"
    )
    with pytest.raises(KubectlError, match="401"):
        sales("exec", f"deploy/{NAME}-api", "--", "python", "-c", ask)


def browse(site: Site) -> None:
    """A browser finds Northwind's revenue to the cent, and everything else, below the path."""
    done = subprocess.run(
        ["node_modules/.bin/playwright", "test", "subpath"],
        cwd=ROOT / "frontend",
        env={
            **os.environ,
            "BASE_URL": f"http://{site.host}:{site.port}",
            "BASE_PATH": site.base,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


@needs_northwind
def test_the_pages_are_below_the_path_of_the_ingress(imported: Site) -> None:
    """Pages, files, API, links, reloads and redirects, without a cookie and nothing beside it."""
    browse(imported)
    assert replace(imported, base="").request("GET", "/readyz").status == 404


@needs_northwind
def test_the_ledger_verifies(sales: Kubectl, imported: Site) -> None:
    sales("exec", f"deploy/{NAME}-api", "--", "shopx", "verify")
    assert imported.revenue("1996-07-04", "1998-05-06", fresh=True).startswith(REVENUE[:10])


def test_a_file_is_imported_by_exec(sales: Kubectl, site: Site) -> None:
    mapping = {
        "apiVersion": "import.shopx.io/v1alpha1",
        "kind": "SalesImport",
        "source": {"name": "till", "zone": "UTC", "currency": "USD"},
        "inputs": {"sales": {"format": "delimited", "files": "till.csv"}},
        "order": {"key": "order", "at": "date"},
        "line": {"product": "product", "quantity": "quantity", "gross": "amount"},
    }
    table = "order,date,product,quantity,amount\n1,2024-02-29 10:00,Pen,2,9.90\n"
    pod = sales("get", "pods", "-l", "app.kubernetes.io/component=api", "-o", "name").split()[0]
    for file, text in (("till.csv", table), ("till.yaml", yaml.dump(mapping))):
        sales("exec", "-i", pod, "--", "sh", "-c", f"cat > $HOME/{file}", stdin=text)
    command = "cd && shopx import till.yaml --source till.csv"
    for _ in range(2):
        # Again adds nothing.
        sales("exec", pod, "--", "sh", "-c", command)
        assert site.revenue("2024-02-01", "2024-02-29", fresh=True) == "9.9"


def test_the_first_token_opens_the_api(sales: Kubectl, site: Site) -> None:
    token = sales.secret(f"{NAME}-token", "token")
    viewer = replace(site, token=token).ask("{ viewer { name scopes } }")["viewer"]
    assert viewer["name"] == "operator"
    assert token not in sales("exec", f"deploy/{NAME}-api", "--", "shopx", "token", "list")


CHILDREN = [
    "configmap/sales-database",
    "cronjob/sales-partitions",
    "deployment/sales-api",
    "deployment/sales-columns",
    "deployment/sales-fold",
    "deployment/sales-redis",
    "deployment/sales-workers",
    "ingress/sales-api",
    "networkpolicy/sales-default",
    "poddisruptionbudget/sales-api",
    "service/sales-api",
    "service/sales-columns",
    "serviceaccount/sales-api",
    "statefulset/sales-database",
]


def test_every_removed_child_is_back_within_30_seconds(
    sales: Kubectl, measured: Callable[[str], None]
) -> None:
    before = {child: sales.get(*child.split("/"))["metadata"]["uid"] for child in CHILDREN}  # type: ignore[index] # it is there
    began = time.monotonic()
    sales("delete", "--wait=false", *CHILDREN)

    def back() -> bool:
        found = {child: sales.get(*child.split("/")) for child in CHILDREN}
        return all(
            one is not None and one["metadata"]["uid"] != before[child]
            for child, one in found.items()
        )

    sales.until("every child is back", back, seconds=30)
    measured(f"{len(CHILDREN)} removed children → restored: {time.monotonic() - began:.1f} s")
    sales.until_settled(NAME)


def test_a_removed_token_is_drawn_again(sales: Kubectl, site: Site) -> None:
    """So it is rotated: the new one opens the API, by itself."""
    before = sales.secret(f"{NAME}-token", "token")
    sales("delete", "secret", f"{NAME}-token")
    sales.until("there is another one", lambda: sales.get("secret", f"{NAME}-token"), seconds=30)
    token = sales.secret(f"{NAME}-token", "token")
    assert token != before
    opened = replace(site, token=token)
    query = {"query": "{ viewer { name } }"}
    sales.until("it is registered", lambda: opened.request("POST", "/graphql", query).status == 200)
    sales.until_settled(NAME)


EDITS: list[tuple[str, dict[str, Any], Callable[[dict[str, Any]], bool]]] = [
    (
        "service/sales-api",
        {"spec": {"ports": [{"name": "http", "port": 81}]}},
        lambda found: [port["port"] for port in found["spec"]["ports"]] == [80, 9100],
    ),
    (
        "cronjob/sales-partitions",
        {"spec": {"schedule": "1 1 1 1 *"}},
        lambda found: found["spec"]["schedule"] != "1 1 1 1 *",
    ),
    (
        "deployment/sales-fold",
        {"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 1}}}},
        lambda found: found["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] == 30,
    ),
    (
        "deployment/sales-workers",
        {"spec": {"replicas": 3}},
        lambda found: found["spec"]["replicas"] == 1,
    ),
    (
        "configmap/sales-database",
        {"data": {"pg_hba.conf": "host all all all trust\n"}},
        lambda found: "host all all all trust" not in found["data"]["pg_hba.conf"],
    ),
    (
        "networkpolicy/sales-default",
        {"spec": {"policyTypes": ["Ingress"]}},
        lambda found: "Egress" in found["spec"]["policyTypes"],
    ),
]


@pytest.mark.parametrize(("child", "edit", "right"), EDITS, ids=[edit[0] for edit in EDITS])
def test_an_edited_child_is_put_right_within_30_seconds(
    sales: Kubectl, child: str, edit: dict[str, Any], right: Callable[[dict[str, Any]], bool]
) -> None:
    kind, _, name = child.partition("/")
    sales.patch(kind, name, edit)
    sales.until(f"{child} is right", lambda: right(sales.get(kind, name) or {}), seconds=30)


def test_a_restart_of_the_operator_restarts_nothing(sales: Kubectl, system: Kubectl) -> None:
    sales.until_settled(NAME)

    def pods() -> set[str]:
        return {
            pod["metadata"]["uid"]
            for pod in sales.all_of("pods", "app.kubernetes.io/name=shopx")
            if pod["metadata"]["labels"]["app.kubernetes.io/component"] not in ("refresh", "import")
            and not pod["metadata"].get("deletionTimestamp")
        }

    def versions() -> dict[str, int]:
        kinds = "deployments,statefulsets,cronjobs"
        return {
            f"{one['kind']}/{one['metadata']['name']}": one["metadata"]["generation"]
            for one in sales.all_of(kinds)
        }

    sales.until("nothing is leaving", lambda: len(pods()) == len(sales.all_of("pods", COUNTED)))
    before = pods(), versions()
    system("rollout", "restart", "deployment/shopx-operator")
    system("rollout", "status", "deployment/shopx-operator", "--timeout=90s")
    # It has looked at everything once the repair of something shows.
    sales.patch("configmap", f"{NAME}-database", {"data": {"roles.sql": "-- edited"}})
    sales.until(
        "the new operator acts",
        lambda: (
            "edited" not in (sales.get("configmap", f"{NAME}-database") or {})["data"]["roles.sql"]
        ),
        seconds=60,
    )
    assert (pods(), versions()) == before
    assert sales.condition(NAME)["status"] == "True"


@needs_northwind
def test_a_gateway_takes_over_from_the_ingress(sales: Kubectl, imported: Site) -> None:
    """Below the same path, without a failed read or another pod; the Ingress is gone then."""
    before = {one["metadata"]["uid"] for one in sales.all_of("pods", API_PODS)}
    parent = {"name": "contour", "namespace": "projectcontour", "sectionName": "http"}
    gateway = {"parentRefs": [parent], "hostnames": [imported.host], "path": BASE}
    gateway |= {"scheme": "http", "port": imported.port}
    with visitors(imported) as load:
        sales.patch("adash", NAME, {"spec": {"ingress": None, "gateway": gateway}})
        sales.until("the Ingress is gone", lambda: sales.get("ingress", f"{NAME}-api") is None)
        enough = load.answered + 20
        sales.until("visitors are answered", lambda: load.answered > enough or load.failures)
    assert load.failures == []
    sales.until_settled(NAME)
    assert {one["metadata"]["uid"] for one in sales.all_of("pods", API_PODS)} == before
    route = sales.get("httproute", f"{NAME}-api")
    assert route is not None
    (accepted,) = route["status"]["parents"]
    assert {one["status"] for one in accepted["conditions"]} == {"True"}
    found = sales.get("adash", NAME) or {}
    assert found["status"]["url"] == f"http://{imported.host}:{imported.port}{BASE}"
    browse(imported)


API_PODS = "app.kubernetes.io/name=shopx,app.kubernetes.io/component=api"
COUNTED = "app.kubernetes.io/name=shopx,app.kubernetes.io/component notin (refresh,import)"
