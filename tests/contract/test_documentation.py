"""Pages name files, modules and other pages that exist, and decisions have one form."""

import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))
HEADINGS = ["Status", "Context", "Decision", "Alternatives", "Consequences"]
# kubectl's short form of a Deployment: `deploy/sales-api`.
_DEPLOYMENT = re.compile(r"deploy/[a-z]")


@cache
def _tracked() -> set[str]:
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return {name for name in names if name and (ROOT / name).is_file()}


@cache
def _folders() -> set[str]:
    return {str(parent) for name in _tracked() for parent in Path(name).parents} - {"."}


PAGES = sorted(ROOT / name for name in _tracked() if name.endswith(".md"))


def _named_files(text: str) -> Iterator[str]:
    """Words in code that begin like a path from the root of the repository, without globs."""
    tops = "|".join(sorted(re.escape(one) for one in _folders() if "/" not in one))
    for code in re.findall(r"`([^`\n]+)`", text):
        for path in re.findall(rf"(?<![\w./-])((?:{tops})/[\w./{{}}*<>,-]*)", code):
            if not _DEPLOYMENT.match(path):
                yield re.split(r"[*{<]", path)[0].rstrip("/.,")


def _named_modules(text: str) -> set[str]:
    return set(re.findall(r"`(?:python -m )?(shopx_\w+(?:\.\w+)+)", text))


def _exists(path: str) -> bool:
    found = path in _tracked() or path in _folders()
    # What a glob began with is a prefix only.
    return found or any(name.startswith(path) for name in _tracked())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_files_that_exist(page: Path) -> None:
    missing = [path for path in _named_files(page.read_text("utf-8")) if not _exists(path)]
    assert missing == []


def test_pictures_exist_and_each_is_shown() -> None:
    """`make pictures` writes them: of every page, and of every Grafana dashboard."""
    shown = {
        (page.parent / name).resolve()
        for page in PAGES
        for name in re.findall(r"!\[[^\]\n]+\]\(([^)\s]+)\)", page.read_text("utf-8"))
    }
    images = ROOT / "docs" / "images"
    assert {path for path in shown if not path.is_file()} == set()
    assert {*(images / "pages").iterdir(), *(images / "monitoring").iterdir()} - shown == set()
    dashboards = (ROOT / "deploy" / "monitoring" / "grafana" / "dashboards").glob("*.json")
    assert {images / "monitoring" / f"{path.stem}.svg" for path in dashboards} <= shown
    pages = (ROOT / "frontend" / "e2e" / "northwind.ts").read_text()
    paths = re.findall(r'^  "/(\w*)",$', pages, re.MULTILINE)
    assert {images / "pages" / f"{name or 'overview'}.png" for name in paths} <= shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_modules_that_exist(page: Path) -> None:
    """`shopx_api.graphql.executor`, or with a name in it: `shopx_core.cli.COMMANDS`."""
    missing = []
    for module in _named_modules(page.read_text("utf-8")):
        part, *rest = module.split(".")
        files = [name for name in _tracked() if f"/{part}/" in name and name.endswith(".py")]
        path = "/".join([part, *rest])
        holder, name = "/".join([part, *rest[:-1]]), rest[-1]
        found = any(file.endswith((f"/{path}.py", f"/{path}/__init__.py")) for file in files)
        within = any(
            re.search(rf"\b{name}\b", (ROOT / file).read_text("utf-8"))
            for file in files
            if file.endswith((f"/{holder}.py", f"/{holder}/__init__.py"))
        )
        if not (found or within):
            missing.append(module)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_that_exist(page: Path) -> None:
    """With the heading after `#`, as GitHub writes its anchor."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in _anchors(file)):
            broken.append(target)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.name)
def test_decisions_have_one_form(page: Path) -> None:
    """Number, title, and the same five sections; the status has a date."""
    text = page.read_text("utf-8")
    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert re.search(r"^## Status\n\n(Accepted|Superseded).*\d{4}-\d{2}-\d{2}", text, re.MULTILINE)


def test_decisions_are_numbered_once() -> None:
    numbers = [int(page.name[:4]) for page in DECISIONS]
    assert len(numbers) == len(set(numbers))
