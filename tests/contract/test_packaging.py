"""What other tools install the operator by is of this release, whole, and the same as the chart."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from shopx_core.resource.manifest import parse_dashboard
from shopx_core.resource.versions import DEPRECATED, VERSION
from shopx_tools import olm
from shopx_tools.generators import packaging
from shopx_tools.generators.chart import Values
from shopx_tools.generators.crd import crd

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "shopx-operator"
RELEASE = re.search(
    r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
)


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_everything_is_current() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in packaging.files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == []


class TestBase:
    """`kubectl apply -k deploy/kustomize/operator`."""

    @staticmethod
    def built() -> list[dict[str, Any]]:
        done = subprocess.run(
            ["kubectl", "kustomize", str(packaging.BASE)],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        return [one for one in yaml.safe_load_all(done.stdout) if one]

    @pytest.mark.skipif(
        shutil.which("kubectl") is None and not os.environ.get("CI"), reason="there is no kubectl"
    )
    def test_it_builds_with_definition_namespace_and_operator(self) -> None:
        built = self.built()
        kinds = [one["kind"] for one in built]
        assert {"Namespace", "CustomResourceDefinition", "Deployment", "ClusterRole"} <= {*kinds}
        (definition,) = [one for one in built if one["kind"] == "CustomResourceDefinition"]
        assert definition == crd()

    def test_it_has_the_rights_of_the_chart(self) -> None:
        (role,) = [
            one
            for one in packaging.operator_objects()
            if one["kind"] == "ClusterRole"
            and "aggregate" not in json.dumps(one["metadata"]["labels"])
        ]
        assert role["rules"] == _read(CHART / "files" / "rules.yaml")

    def test_it_runs_the_images_of_the_release(self) -> None:
        (deployment,) = [one for one in packaging.operator_objects() if one["kind"] == "Deployment"]
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        assert container["image"] == packaging.images()["operator"]
        env = {one["name"]: one.get("value") for one in container["env"]}
        images = packaging.images()
        assert env["SHOPX_OPERATOR_POSTGRES_IMAGE"] == images["postgres"]
        assert env["SHOPX_OPERATOR_REDIS_IMAGE"] == images["valkey"]
        app = f"{env['SHOPX_OPERATOR_APP_IMAGE']}:{env['SHOPX_OPERATOR_VERSION']}"
        assert app == images["app"]


class TestBundle:
    """What OLM's format asks for."""

    CSV = packaging.BUNDLE / "manifests" / "shopx-operator.clusterserviceversion.yaml"

    def test_it_owns_the_definition_that_it_brings(self) -> None:
        (owned,) = _read(self.CSV)["spec"]["customresourcedefinitions"]["owned"]
        brought = _read(packaging.BUNDLE / "manifests" / f"{owned['name']}.crd.yaml")
        assert brought["metadata"]["name"] == owned["name"]
        assert brought["spec"]["names"]["kind"] == owned["kind"]
        (stored,) = [one["name"] for one in brought["spec"]["versions"] if one["storage"]]
        assert owned["version"] == stored

    def test_its_name_has_the_version(self) -> None:
        csv = _read(self.CSV)
        assert RELEASE
        assert csv["spec"]["version"] == RELEASE[1]
        assert csv["metadata"]["name"] == f"shopx-operator.v{RELEASE[1]}"

    def test_the_operator_runs_with_the_account_that_has_the_rights(self) -> None:
        install = _read(self.CSV)["spec"]["install"]["spec"]
        (deployment,) = install["deployments"]
        pod = deployment["spec"]["template"]["spec"]
        for rights in (*install["clusterPermissions"], *install["permissions"]):
            assert rights["serviceAccountName"] == pod["serviceAccountName"]
        assert install["clusterPermissions"][0]["rules"] == _read(CHART / "files" / "rules.yaml")
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()

    def test_it_runs_in_any_namespace_and_as_any_user(self) -> None:
        (deployment,) = _read(self.CSV)["spec"]["install"]["spec"]["deployments"]
        pod = deployment["spec"]["template"]["spec"]
        assert packaging.NAMESPACE not in json.dumps(deployment)
        assert not pod["securityContext"].keys() & {"runAsUser", "runAsGroup", "fsGroup"}

    def test_every_image_is_named_for_mirrors(self) -> None:
        csv = _read(self.CSV)
        assert {one["name"]: one["image"] for one in csv["spec"]["relatedImages"]} == (
            packaging.images()
        )
        (mode,) = [one["type"] for one in csv["spec"]["installModes"] if one["supported"]]
        assert mode == "AllNamespaces"

    def test_its_example_is_a_dashboard(self) -> None:
        (example,) = json.loads(_read(self.CSV)["metadata"]["annotations"]["alm-examples"])
        assert parse_dashboard(example).metadata.name == "sales"

    def test_image_and_metadata_say_the_same(self) -> None:
        noted = _read(packaging.BUNDLE / "metadata" / "annotations.yaml")["annotations"]
        text = (packaging.BUNDLE / "bundle.Dockerfile").read_text(encoding="utf-8")
        assert dict(re.findall(r"^LABEL ([^=]+)=(.*)$", text, re.MULTILINE)) == noted
        for folder in ("manifests", "metadata"):
            assert (packaging.BUNDLE / folder).is_dir()


@pytest.mark.skipif(not olm.built(), reason="needs Go, once: python -m shopx_tools.olm")
class TestBundleByOlm:
    """The bundle as OLM's own programs see it."""

    def test_its_rules_are_kept(self) -> None:
        assert [problem for problem in olm.verify() if problem.startswith("error")] == []

    def test_a_catalog_of_it_is_valid(self, tmp_path: Path) -> None:
        assert RELEASE
        entries = [one for one in yaml.safe_load_all(olm.catalog(tmp_path)) if one]
        (bundle,) = [one for one in entries if one["schema"] == "olm.bundle"]
        assert bundle["name"] == f"shopx-operator.v{RELEASE[1]}"
        provided = [one["value"] for one in bundle["properties"] if one["type"] == "olm.gvk"]
        assert {one["version"] for one in provided} == {VERSION, *DEPRECATED}
        images = {one["image"] for one in bundle["relatedImages"]}
        assert set(packaging.images().values()) <= images

    def test_a_version_that_the_definition_lacks_is_refused(self, tmp_path: Path) -> None:
        """By both programs: so they do look."""
        bundle = tmp_path / "bundle"
        shutil.copytree(packaging.BUNDLE, bundle)
        path = bundle / "manifests" / TestBundle.CSV.name
        csv = _read(path)
        csv["spec"]["customresourcedefinitions"]["owned"][0]["version"] = "v9"
        path.write_text(yaml.safe_dump(csv), encoding="utf-8")
        problems = [one for one in olm.verify(bundle) if one.startswith("error")]
        assert any("v9" in problem and "not found in bundle" in problem for problem in problems)
        with pytest.raises(olm.BundleError, match=r"couldn't find .*/v9/"):
            olm.catalog(tmp_path, bundle)


class TestHub:
    """Artifact Hub reads the annotations of Chart.yaml."""

    NOTES: ClassVar[Any] = {
        name.removeprefix("artifacthub.io/"): text
        for name, text in _read(CHART / "Chart.yaml")["annotations"].items()
    }

    def test_lists_are_yaml_in_text(self) -> None:
        assert all(isinstance(text, str) for text in self.NOTES.values())
        (definition,) = yaml.safe_load(self.NOTES["crds"])
        assert definition["name"] == crd()["metadata"]["name"]
        (example,) = yaml.safe_load(self.NOTES["crdsExamples"])
        assert example["kind"] == definition["kind"]
        assert {one["name"] for one in yaml.safe_load(self.NOTES["links"])}

    def test_images_are_those_of_the_values(self) -> None:
        values = Values()
        named = {one["name"]: one["image"] for one in yaml.safe_load(self.NOTES["images"])}
        assert named["postgres"] == (
            f"{values.dashboards.postgres.repository}:{values.dashboards.postgres.tag}"
        )
        assert named["operator"].startswith(f"{values.image.repository}:")


class TestKrew:
    """`kubectl krew install adash`."""

    def test_the_archive_has_the_manifest_s_digest_and_files(self, tmp_path: Path) -> None:
        archive = packaging.plugin_archive()
        spec = _read(ROOT / "deploy" / "krew" / "adash.yaml")["spec"]
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            packed.extractall(tmp_path, filter="data")
        for platform in spec["platforms"]:
            assert platform["sha256"] == hashlib.sha256(archive).hexdigest()
            assert platform["uri"].endswith(
                f"{spec['version']}/kubectl-adash-{spec['version'][1:]}.tar.gz"
            )
            assert {one["from"] for one in platform["files"]} == {
                path.name for path in tmp_path.iterdir()
            }
            assert (tmp_path / platform["bin"]).stat().st_mode & 0o111
        assert len(spec["platforms"]) == 4

    def test_the_plugin_starts_the_package(self, tmp_path: Path) -> None:
        with tarfile.open(fileobj=io.BytesIO(packaging.plugin_archive())) as packed:
            packed.extractall(tmp_path, filter="data")
        found = Path(shutil.which("python3") or "").parent
        paths = os.pathsep.join([str(ROOT / ".venv" / "bin"), str(found), "/usr/bin", "/bin"])
        plugin = [str(tmp_path / "kubectl-adash")]
        done = subprocess.run(
            [*plugin, "--help"],
            env={"PATH": paths},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert "explain" in done.stdout
        tools = tmp_path / "bin"
        tools.mkdir()
        (tools / "sh").symlink_to("/bin/sh")
        without = subprocess.run(
            plugin,
            env={"PATH": str(tools)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert without.returncode == 1
        assert "pip install" in without.stderr


class TestTerraform:
    """examples/terraform names files, values and a release that exist."""

    FOLDER = ROOT / "examples" / "terraform"
    TEXT = (FOLDER / "main.tf").read_text(encoding="utf-8")

    def test_its_files_exist(self) -> None:
        named = re.findall(r'"\$\{path\.module\}/([^"]+)"', self.TEXT)
        assert len(named) == 3
        for path in named:
            assert (self.FOLDER / path).exists(), path

    def test_its_values_are_values_of_the_chart(self) -> None:
        assert Values.model_validate(_read(self.FOLDER / "values.yaml")).replicas == 2

    def test_its_brackets_close(self) -> None:
        plain = re.sub(r'#.*|"(?:[^"\\]|\\.)*"', "", self.TEXT)
        for opening, closing in ("{}", "[]", "()"):
            assert plain.count(opening) == plain.count(closing)
