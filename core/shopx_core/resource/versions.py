"""The versions of the API: the one that is written and stored, and older ones that are served."""

from typing import Final

GROUP: Final = "analytics.shopx.io"
VERSION: Final = "v1beta1"
"""What the operator reads and writes, and what the API server stores."""
DEPRECATED: Final = ("v1alpha1",)
"""Served with the same fields, so that the API server converts by the apiVersion alone."""
API_VERSION: Final = f"{GROUP}/{VERSION}"
API_VERSIONS: Final = (API_VERSION, *(f"{GROUP}/{name}" for name in DEPRECATED))
"""Every `apiVersion` that a manifest may have, the preferred one first."""


def deprecation(api_version: str) -> str | None:
    """What is said of an old `apiVersion`, here and by the API server; `None` = nothing."""
    if api_version == API_VERSION:
        return None
    return f"{api_version} is deprecated; write {API_VERSION}, which has the same fields"
