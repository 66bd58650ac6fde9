"""What feeds need on a cluster: the Secret with their credentials, as files."""

from typing import Final

from shopx_core.containers.variables import CREDENTIALS_FOLDER
from shopx_operator.manifests.context import Context, Object

_VOLUME: Final = "credentials"


def volumes(context: Context) -> list[Object]:
    """The Secret, if there is one; what changes in it is seen within a minute."""
    secret = _secret(context)
    # An absent one is a fault of the feeds that need it, and of nothing else.
    held = {"secretName": secret, "optional": True, "defaultMode": 0o440}
    return [{"name": _VOLUME, "secret": held}] if secret else []


def mounts(context: Context) -> list[Object]:
    """Where it is."""
    mount = {"name": _VOLUME, "mountPath": CREDENTIALS_FOLDER, "readOnly": True}
    return [mount] if _secret(context) else []


def _secret(context: Context) -> str | None:
    feeds = context.spec.imports.feeds
    return feeds.secret_name if feeds is not None else None
