"""The client of a ShopX Analytics dashboard: records orders and reads panels.

`Client` and `AsyncClient` read the queries of `queries`, carry out the `mutations`, record items of
`inputs` in any number, and save files. docs/python-client.md is a walk-through.
"""

from shopx_client.answer import Answer, LeftOutAmounts
from shopx_client.asynchronous import AsyncClient
from shopx_client.errors import (
    ApiError,
    ClientError,
    ConfigurationError,
    Conflict,
    ConnectionFailed,
    InvalidRequest,
    ItemsRejected,
    NotAuthorized,
    NotFound,
    Problem,
    Recorded,
    Rejection,
    ServerDefect,
    SnapshotExpired,
    TryLater,
    UnexpectedAnswer,
)
from shopx_client.exports import ListFile, PageFile
from shopx_client.generated import enums, inputs, models, mutations, queries
from shopx_client.synchronous import Client

__all__ = [
    "Answer",
    "ApiError",
    "AsyncClient",
    "Client",
    "ClientError",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "InvalidRequest",
    "ItemsRejected",
    "LeftOutAmounts",
    "ListFile",
    "NotAuthorized",
    "NotFound",
    "PageFile",
    "Problem",
    "Recorded",
    "Rejection",
    "ServerDefect",
    "SnapshotExpired",
    "TryLater",
    "UnexpectedAnswer",
    "enums",
    "inputs",
    "models",
    "mutations",
    "queries",
]
