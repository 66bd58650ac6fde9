"""The schema, put together from the root fields of the features.

A panel needs no entry here: the module `panel` of every package in `shopx_api.features` is served.
"""

import importlib
import pkgutil
from importlib.util import find_spec

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import create_type

from shopx_api import features
from shopx_api.features.admin.fields import AdminFields, AdminMutations
from shopx_api.features.entities.fields import EntityFields
from shopx_api.features.feeds.fields import FeedFields, FeedMutations
from shopx_api.features.imports.fields import ImportFields, ImportMutations
from shopx_api.features.ingest.fields import IngestMutations
from shopx_api.features.page_notes.fields import PageNoteFields, PageNoteMutations
from shopx_api.features.reports.fields import ReportFields, ReportMutations
from shopx_api.panels.panel import root_fields
from shopx_api.types.scalars import SCALARS


def _panel_fields() -> type:
    for feature in pkgutil.iter_modules(features.__path__, f"{features.__name__}."):
        panel = f"{feature.name}.panel"
        if feature.ispkg and find_spec(panel) is not None:
            importlib.import_module(panel)
    return create_type("PanelFields", root_fields())


def _root(name: str, description: str, *parts: type) -> type:
    return strawberry.type(type(name, parts, {}), description=description)


schema = strawberry.Schema(
    query=_root(
        "Query",
        "Everything that can be asked. All of one operation is as of one instant.",
        _panel_fields(),
        EntityFields,
        PageNoteFields,
        AdminFields,
        ReportFields,
        ImportFields,
        FeedFields,
    ),
    mutation=_root(
        "Mutation",
        "Everything that can be changed. Each needs a token with the scope it names.",
        IngestMutations,
        ImportMutations,
        FeedMutations,
        PageNoteMutations,
        AdminMutations,
        ReportMutations,
    ),
    config=StrawberryConfig(scalar_map=SCALARS),
)
