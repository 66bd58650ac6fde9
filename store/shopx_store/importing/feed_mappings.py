"""The mappings of feeds, which are kept as texts or as names."""

from functools import cache
from importlib.resources import files

from shopx_core.domain.feeds import EVENTS_MAPPING
from shopx_store.importing.mapping import Mapping
from shopx_store.importing.mapping_file import parse_mapping
from shopx_store.importing.sniffing.known_exports import presets


@cache
def events_mapping() -> Mapping:
    """The mapping that reads events."""
    text = (files("shopx_store.importing") / "shop_events.yaml").read_text("utf-8")
    return parse_mapping(text, EVENTS_MAPPING)


def feed_mapping(text: str) -> Mapping:
    """The mapping of a feed: its text, or that of the known export which it names.

    Raises:
        InvalidConfiguration: It cannot be used.
    """
    name = text.strip()
    if name == EVENTS_MAPPING:
        return events_mapping()
    return presets().get(name) or parse_mapping(text, "the mapping")
