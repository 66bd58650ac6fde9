"""The names of the children, and the labels that select them."""

import hashlib
from typing import Final

from shopx_core.resource.v1beta1 import GROUP

MANAGER: Final = "shopx-operator"
"""The field manager of server-side apply, and the value of the managed-by label."""
APP: Final = "shopx"

LABEL_NAME: Final = "app.kubernetes.io/name"
LABEL_INSTANCE: Final = "app.kubernetes.io/instance"
LABEL_COMPONENT: Final = "app.kubernetes.io/component"
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
LABEL_VERSION: Final = "app.kubernetes.io/version"
LABEL_DATA: Final = f"{GROUP}/data"
"""Marks data and the keys to data; such objects are never pruned."""
LABEL_MEMORY: Final = f"{GROUP}/memory"
"""Marks the stored memory of scaling: it is not rendered, and is not pruned either."""
LABEL_EXCLUSIVE: Final = f"{GROUP}/alone"
"""On a migration's Job that runs while nothing else uses the database."""
LABEL_VIEW: Final = f"{GROUP}/view"
"""On a refresh's CronJob and Jobs: the materialized view."""
LABEL_DESTINATION: Final = f"{GROUP}/destination"
"""On the Jobs of backups: a digest of where they are kept."""
LABEL_ROLE: Final = f"{GROUP}/role"
"""On the database's pods, by Patroni: `primary` or `replica`."""
LABEL_SERVER: Final = f"{GROUP}/server"
"""The number of a server, on the pods of the database's second and further ones, and of all of a
replicated cache."""
LABEL_SCOPE: Final = f"{GROUP}/database"
"""On what Patroni reads: the name of the database."""

ANNOTATION_SECRETS: Final = f"{GROUP}/secrets"
"""On pods: a digest of the Secrets that they read, so that a changed Secret restarts them."""
ANNOTATION_REDIS: Final = f"{GROUP}/redis"
"""On pods: a digest of the cache's URL, which is tried before it restarts them."""
ANNOTATION_RESTARTED: Final = f"{GROUP}/restarted-at"
ANNOTATION_RECOVERY: Final = f"{GROUP}/recovery"
"""On pods: the restore that the database began with; what they keep of another state must go."""
ANNOTATION_REPLICAS: Final = f"{GROUP}/replicas-before"
"""On the maintenance page: the numbers of pods before, as JSON."""

ANNOTATION_CLASS: Final = f"{GROUP}/storage-class"
"""On the database's volume claim: the StorageClass that it was made for; empty = the default."""
ANNOTATION_SETTINGS: Final = f"{GROUP}/settings"
"""On the pods of a replicated database: a digest of PostgreSQL's settings, which Patroni has."""

NEVER_PRUNED: Final = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
}
"""On objects without an owner. Argo CD takes what carries `app.kubernetes.io/instance` for a part
of its application of that name, and removes what is not in the repository, unless it is owned."""

SELECTOR: Final = f"{LABEL_MANAGED_BY}={MANAGER}"
"""Selects every child of every dashboard, on the API server."""

# A Service's name is a DNS label; a CronJob appends 11 characters for its Jobs.
LONGEST: Final = 63
LONGEST_CRONJOB: Final = 52


def child(dashboard: str, part: str, longest: int = LONGEST) -> str:
    """The name of a child, at most `longest` characters.

    A name that is too long is cut and gets a digest of the whole, so that two of them differ.
    """
    name = f"{dashboard}-{part}".replace("_", "-")
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - 9].rstrip('-')}-{digest}"


def label_value(text: str) -> str:
    """A text as a label may have it: an image's tag is longer, and ends as it likes."""
    return text[:LONGEST].strip("-_.")


def selector(dashboard: str, component: str) -> dict[str, str]:
    """The labels that select a component's pods; constant, because a selector cannot change."""
    return {LABEL_NAME: APP, LABEL_INSTANCE: dashboard, LABEL_COMPONENT: component}


def labels(dashboard: str, component: str) -> dict[str, str]:
    """The labels of a component's objects and pods."""
    return selector(dashboard, component) | {LABEL_MANAGED_BY: MANAGER}


def selector_text(dashboard: str, component: str) -> str:
    """`selector` as the text that the scale subresource and `kubectl -l` take."""
    return ",".join(f"{key}={value}" for key, value in selector(dashboard, component).items())
