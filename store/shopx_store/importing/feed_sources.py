"""What a feed's source has that was not read yet.

Of files, the versions of those that were read are kept: the tag of an object, the tag or date of an
https answer, size and time of a file in a folder. Of databases, the newest value of the mapping's
`cursor`. Where a mapping needs all of a source (several inputs, a snapshot), all of it is read as
soon as a part has changed.
"""

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from shopx_core.domain.feeds import DATABASES, FOLDER
from shopx_core.errors import InvalidConfiguration, InvalidInput
from shopx_core.settings import ImportSettings
from shopx_core.texts import say
from shopx_store.feeds.queue import Feed
from shopx_store.importing.inputs import CursoredInput, FileInput, Since
from shopx_store.importing.mapping import Mapping as ImportMapping
from shopx_store.importing.mapping import Mode
from shopx_store.importing.readers import remote
from shopx_store.importing.readers.access import Access, Credential, Keys
from shopx_store.importing.readers.bucket import Bucket, is_bucket
from shopx_store.importing.readers.remote import checked_address

OVERLAP: Final = dt.timedelta(minutes=10)
"""A transaction of the source's may commit so long after it wrote the time into a row."""
OVERLAP_NUMBERS: Final = 1000
SETTLED_SECONDS: Final = 2.0
"""A file that was changed more recently may still be written."""
_PORTS: Final = {"postgresql": 5432, "mysql": 3306}


@dataclass(frozen=True, slots=True)
class News:
    """What is to be read.

    Attributes:
        source: A file, a folder, or the address of a database, for the pipeline; `None` = nothing
            has changed.
        mapping: How it is read.
        position: What will have been read; of databases it follows from the import.
    """

    source: str | None
    mapping: ImportMapping
    position: dict[str, Any] | None = None


@contextmanager
def news(feed: Feed, mapping: ImportMapping, settings: ImportSettings) -> Iterator[News]:
    """What a feed's source has that was not read yet, for as long as it is needed.

    Raises:
        ShopxError: The source cannot be read.
    """
    if urlsplit(feed.address).scheme in DATABASES:
        yield News(database_address(feed.address, feed.credential, settings), _since(feed, mapping))
        return
    with tempfile.TemporaryDirectory(prefix="shopx-feed-") as folder:
        yield _files(feed, mapping, settings, Path(folder))


def position_after(newest: Mapping[str, object], before: Mapping[str, Any]) -> dict[str, Any]:
    """What was read of a database, after an import.

    Args:
        newest: The newest value of each input with a cursor, and rows.
        before: The position before.

    Raises:
        InvalidInput: A cursor is neither a number nor a time.
    """
    after = dict(before.get("after", {}))
    for name, value in newest.items():
        if not isinstance(value, int | dt.date):
            raise InvalidInput(
                say(
                    "feed.cursor-input-neither-whole",
                    "The cursor of the input {name} is neither a whole number nor a time.",
                    name=repr(name),
                ),
                hint=say(
                    "feed.name-column-such-updated", "Name a column such as updated_at in `cursor`."
                ),
            )
        after[name] = value if isinstance(value, int) else value.isoformat()
    return {"after": after}


def _since(feed: Feed, mapping: ImportMapping) -> ImportMapping:
    after = feed.position.get("after", {})
    inputs = {
        name: spec.reading(_from(after[name], strict=feed.strict))
        if isinstance(spec, CursoredInput) and spec.cursor is not None and name in after
        else spec
        for name, spec in mapping.inputs.items()
    }
    return mapping.model_copy(update={"inputs": inputs})


def _from(value: int | str, *, strict: bool) -> Since:
    if isinstance(value, int):
        return Since(value=value if strict else value - OVERLAP_NUMBERS, inclusive=not strict)
    if "T" not in value:
        return Since(value=dt.date.fromisoformat(value), inclusive=not strict)
    at = dt.datetime.fromisoformat(value)
    return Since(value=at if strict else at - OVERLAP, inclusive=not strict)


def database_address(address: str, credential: str | None, settings: ImportSettings) -> str:
    """The address of a feed's database for its driver, with its login.

    Raises:
        ShopxError: It may not be reached, or its credential cannot be used.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    outbound = Access(settings.permitted).outbound()
    resolved = checked_address(host, port, outbound, shown)
    login = ""
    if credential is not None:
        user, password = _credential(address, credential, settings).pair(credential)
        login = f"{quote(user, safe='')}:{quote(password, safe='')}@"
    if parts.scheme == "mysql":
        # To the address that was checked: the client knows no name apart from it.
        literal = f"[{resolved}]" if ":" in resolved else resolved
        return f"mysql://{login}{literal}:{port}{parts.path}"
    ssl = parse_qs(parts.query).get("sslmode", ["prefer"])[0]
    name = f"[{host}]" if ":" in host else host
    query = f"hostaddr={quote(resolved)}&sslmode={quote(ssl)}"
    return f"postgresql://{login}{name}:{port}{parts.path}?{query}"


def _credential(address: str, name: str, settings: ImportSettings) -> Credential:
    credential = Credential.read(settings.credentials, name)
    credential.expect_for(address, name)
    return credential


def _access(feed: Feed, settings: ImportSettings) -> Access:
    if feed.credential is None:
        return Access(settings.permitted)
    credential = _credential(feed.address, feed.credential, settings)
    if is_bucket(feed.address):
        return Access(settings.permitted, keys=Keys(*credential.pair(feed.credential)))
    return Access(settings.permitted, authorization=credential.secret)


def _files(feed: Feed, mapping: ImportMapping, settings: ImportSettings, folder: Path) -> News:
    known: dict[str, str] = feed.position.get("files", {})
    if remote.is_remote(feed.address):
        fetched = remote.fetch(
            feed.address, folder, _access(feed, settings), next(iter(known.values()), "")
        )
        if fetched is None:
            return News(None, mapping)
        return News(str(fetched.path), mapping, {"files": {fetched.path.name: fetched.version}})
    if is_bucket(feed.address):
        bucket = Bucket(feed.address, _access(feed, settings))
        items = {item.name: item for item in bucket.items()}
        versions = {name: item.version for name, item in items.items()}

        def fetch(names: list[str]) -> None:
            bucket.fetch([items[name] for name in names], folder)

        return _changed(mapping, known, versions, fetch, folder)
    return _of_folder(feed, mapping, settings, folder, known)


def _changed(
    mapping: ImportMapping,
    known: Mapping[str, str],
    versions: Mapping[str, str],
    fetch: Callable[[list[str]], None],
    folder: Path,
) -> News:
    changed = [name for name, version in versions.items() if known.get(name) != version]
    position = {"files": dict(versions)}
    wide = _of_any_file(mapping)
    whole = wide is None or mapping.source.mode is Mode.SNAPSHOT
    if not changed and not (whole and known.keys() != versions.keys()):
        return News(None, mapping, position)
    names = list(versions) if whole else changed
    fetch(names)
    # An archive is read as a file alone.
    source = folder / names[0] if wide is not None and len(names) == 1 else folder
    return News(str(source), wide or mapping, position)


def _of_any_file(mapping: ImportMapping) -> ImportMapping | None:
    """A mapping whose only input reads any file, because the feed's address chooses them.

    Returns:
        `None` = the mapping tells files apart by their names, so it needs all of them.
    """
    if len(mapping.inputs) > 1:
        return None
    ((name, spec),) = mapping.inputs.items()
    if not isinstance(spec, FileInput):
        return mapping
    if len(spec.files) > 1:
        return None
    files = (spec.files[0].model_copy(update={"match": "*"}),)
    return mapping.model_copy(update={"inputs": {name: spec.model_copy(update={"files": files})}})


def _of_folder(
    feed: Feed,
    mapping: ImportMapping,
    settings: ImportSettings,
    folder: Path,
    known: Mapping[str, str],
) -> News:
    if settings.folder is None:
        raise InvalidConfiguration(
            say("feed.dashboard-folder-feeds", "This dashboard has no folder of feeds."),
            hint=say("feed.set-shopx-imports-folder", "Set SHOPX_IMPORTS_FOLDER."),
        )
    root = Path(settings.folder).resolve()
    pattern = root / feed.address.removeprefix(FOLDER)
    place = pattern.parent.resolve()
    if not place.is_relative_to(root):
        raise InvalidInput(
            say(
                "feed.leads-out-folder-feeds",
                "{address} leads out of the folder of feeds.",
                address=feed.address,
            )
        )
    try:
        found = sorted(
            path
            for path in place.iterdir()
            if fnmatchcase(path.name, pattern.name)
            and path.is_file()
            # A link may lead elsewhere.
            and path.resolve().is_relative_to(root)
        )
    except OSError as error:
        raise InvalidInput(
            say(
                "feed.folder-unreadable",
                "{address} cannot be read: {strerror}.",
                address=feed.address,
                strerror=error.strerror or error,
            ),
            hint=say(
                "feed.folder-must-machine-workers",
                "The folder must be there on the machine of the workers, and be readable.",
            ),
        ) from None
    if not found:
        raise InvalidInput(
            say("feed.no-file", "No file is {address}.", address=feed.address),
            hint=say(
                "feed.correct-pattern-wait-first",
                "Correct the pattern, or wait for the first file.",
            ),
        )
    files = {path.name: path for path in found}
    versions = {name: _version(path) for name, path in files.items()}

    def fetch(names: list[str]) -> None:
        for name in names:
            _copy(files[name], folder / name)
            versions[name] = _version(files[name])

    made = _changed(mapping, known, versions, fetch, folder)
    return made if made.source is None else News(made.source, made.mapping, {"files": versions})


def _copy(path: Path, target: Path) -> None:
    """Copy a file that nothing writes into.

    Raises:
        InvalidInput: Something does, or it cannot be read.
    """
    try:
        age = time.time() - path.stat().st_mtime
        time.sleep(min(max(SETTLED_SECONDS - age, 0.0), SETTLED_SECONDS))
        before = _version(path)
        shutil.copyfile(path, target)
        after = _version(path)
    except OSError as error:
        raise InvalidInput(
            say(
                "feed.file-unreadable",
                "{name} cannot be read: {strerror}.",
                name=path.name,
                strerror=error.strerror or error,
            )
        ) from None
    if before != after or time.time() - path.stat().st_mtime < SETTLED_SECONDS / 2:
        raise InvalidInput(
            say("feed.being-written", "{name} is being written.", name=path.name),
            hint=say(
                "feed.write-files-under-another",
                "Write files under another name, and rename them when they are complete.",
            ),
        )


def _version(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size}-{found.st_mtime_ns}"
