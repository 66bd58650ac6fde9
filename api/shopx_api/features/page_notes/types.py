"""Types of what users keep about the pages: saved views, and annotations of days."""

import datetime as dt
from typing import Final

import strawberry

from shopx_api.types.node import Node

VIEW_TYPE: Final = "SavedView"
ANNOTATION_TYPE: Final = "Annotation"
"""The types within the global ids."""


@strawberry.type(description="A page with its range, comparison and filters, under a name.")
class SavedView(Node):
    """What the address of a page holds."""

    name: str = strawberry.field(description="What its owner calls it.")
    path: str = strawberry.field(description="The page's path and query within the dashboard.")
    is_shared: bool = strawberry.field(description="Whether every reader sees it.")
    is_mine: bool = strawberry.field(description="Whether the caller saved it.")
    created_at: dt.datetime = strawberry.field(description="When it was saved, or changed last.")


@strawberry.type(description="What happened on some days; every reader sees it.")
class Annotation(Node):
    """A note on the time axis."""

    first: dt.date = strawberry.field(name="from", description="The first day.")
    last: dt.date = strawberry.field(name="to", description="The last day, included.")
    text: str = strawberry.field(description="What happened.")
    author: str = strawberry.field(description="Who wrote it: a user, or the name of a token.")
    is_mine: bool = strawberry.field(description="Whether the caller wrote it.")
    created_at: dt.datetime = strawberry.field(description="When it was written.")
