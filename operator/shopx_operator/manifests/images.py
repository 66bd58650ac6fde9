"""The image of each container."""

from typing import Any

from shopx_operator.manifests.context import Context


def app(context: Context) -> str:
    """The application's image.

    An image with a tag or a digest is used as it is; otherwise `spec.version`, or the operator's
    own release, is the tag. The operator's own release is pulled by its digest where that is known.
    """
    named, release = context.spec.images.app, context.facts.release
    if named is None:
        if release.app_digest and context.version == release.version:
            return f"{release.app}@{release.app_digest}"
        return f"{release.app}:{context.version}"
    if "@" in named or ":" in named.rpartition("/")[2]:
        return named
    return f"{named}:{context.version}"


def postgres(context: Context) -> str:
    """The bundled PostgreSQL's image."""
    return context.spec.images.postgres or context.facts.release.postgres


def redis(context: Context) -> str:
    """The bundled Valkey's image."""
    return context.spec.images.redis or context.facts.release.redis


def pull_secrets(context: Context) -> dict[str, Any]:
    """The part of a pod's spec that names registry credentials."""
    given = (*context.facts.platform.pull_secrets, *context.spec.images.pull_secrets)
    secrets = [{"name": name} for name in dict.fromkeys(given)]
    return {"imagePullSecrets": secrets} if secrets else {}
