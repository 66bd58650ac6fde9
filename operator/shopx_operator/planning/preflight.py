"""Checks before anything is applied: what a dashboard lacks."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Final
from urllib.parse import unquote

from shopx_core.connection_strings import (
    files_of,
    postgres_problem,
    uses_authority,
)
from shopx_core.containers.variables import SIGNING_KEY, SMTP_PASSWORD
from shopx_core.redis_urls import redis_problem
from shopx_core.resource.v1beta1.storage import SecretReference
from shopx_operator.manifests import archive, config
from shopx_operator.manifests.autoscaling import KEDA_GROUP
from shopx_operator.manifests.context import Context
from shopx_operator.manifests.routes import GATEWAY_GROUP
from shopx_operator.planning.pod_fields import (
    is_permitted,
    pod_field_problems,
    unknown_container_problems,
)
from shopx_operator.planning.problem import Problem

# The default passwords of images, charts and tutorials.
_DEFAULT_PASSWORDS: Final = frozenset(
    {
        "",
        "admin",
        "changeme",
        "example",
        "mysecretpassword",
        "pass",
        "password",
        "postgres",
        "redis",
        "root",
        "secret",
        "shopx",
        "test",
    }
)


def preflight(context: Context, permitted_pod_fields: Collection[str] = ()) -> list[Problem]:
    """All failures, the most important first.

    Args:
        context: The dashboard.
        permitted_pod_fields: Fields of `podTemplate` that the administrator permits.
    """
    mounts = is_permitted("spec.volumes", permitted_pod_fields)
    return [
        *pod_field_problems(context.spec, permitted_pod_fields),
        *_database(context, mounts=mounts),
        *_redis(context, mounts=mounts),
        *_reports(context),
        *_backup(context),
        *_kinds(context),
        *unknown_container_problems(context.spec),
    ]


def refused_prometheus(reason: str) -> list[Problem]:
    """The failure of a Prometheus whose address may not be connected to.

    Args:
        reason: Why; empty = it may.
    """
    if not reason:
        return []
    return [
        Problem(
            "AddressRefused",
            f"spec.monitoring.prometheusUrl: {reason}. Until then the numbers of pods stay.",
            blocks=False,
        )
    ]


def _missing(context: Context, reference: SecretReference, field: str, made_by: str) -> Problem:
    keys = context.facts.secrets.get(reference.name)
    if keys is None:
        return Problem(
            "SecretMissing",
            f"{field} names the Secret {reference.name!r}, which does not exist; {made_by}.",
        )
    return Problem(
        "SecretMissing",
        f"{field} names the key {reference.key!r}, which the Secret {reference.name!r} does not"
        f" have (it has: {', '.join(sorted(keys)) or 'none'}).",
    )


def _database(context: Context, *, mounts: bool) -> Iterator[Problem]:
    spec = context.spec.database
    if spec.cloud_native_pg is not None:
        if not context.knows("Cluster", "postgresql.cnpg.io"):
            yield Problem(
                "CloudNativePGMissing",
                "spec.database.cloudNativePG needs CloudNativePG, which this cluster does not"
                " have; install it, or use database.bundled or database.external.",
            )
            return
        where = "spec.database.cloudNativePG"
        reference = config.database(context)
        if context.value(reference) is None:
            yield _missing(
                context, reference, where, "CloudNativePG makes it when its Cluster is ready"
            )
        return
    if spec.external is None:
        return
    references = [("secretRef", spec.external.secret_ref)]
    if spec.external.read_only_secret_ref is not None:
        references.append(("readOnlySecretRef", spec.external.read_only_secret_ref))
    authority = spec.external.ca_secret_ref
    yield from _authority(context, authority, "spec.database.external")
    for field, reference in references:
        where = f"spec.database.external.{field}"
        yield from _url(
            context,
            reference,
            where,
            postgres_problem,
            mounts=mounts,
            verified=authority is not None,
        )


def _redis(context: Context, *, mounts: bool) -> Iterator[Problem]:
    external = context.spec.cache.redis.external
    if external is not None:
        where, authority = "spec.cache.redis.external", external.ca_secret_ref
        yield from _authority(context, authority, where)
        yield from _url(
            context,
            external.secret_ref,
            f"{where}.secretRef",
            _redis_problem,
            mounts=mounts,
            verified=authority is not None,
        )


def _reports(context: Context) -> Iterator[Problem]:
    places = {
        SMTP_PASSWORD: "spec.reports.smtp.secretRef",
        SIGNING_KEY: "spec.reports.webhooks.secretRef",
    }
    for variable, reference in config.reports(context).items():
        if context.value(reference) is None:
            where = places[variable]
            yield _missing(context, reference, where, "create it in the same namespace")


def _backup(context: Context) -> Iterator[Problem]:
    """Without credentials nothing is archived; the dashboard serves all the same."""
    backup = context.spec.backup
    where = "spec.backup.destination.s3"
    for reference in archive.references(backup) if backup is not None else ():
        if context.value(reference) is None:
            missing = _missing(context, reference, where, "create it in the same namespace")
            yield replace(missing, blocks=False)


def _url(
    context: Context,
    reference: SecretReference,
    where: str,
    problem_of: Callable[[str], str],
    *,
    mounts: bool,
    verified: bool,
) -> Iterator[Problem]:
    value = context.value(reference)
    if value is None:
        yield _missing(context, reference, where, "create it in the same namespace")
        return
    problem = problem_of(value) or ("" if mounts else _absent_files(value))
    if not problem and verified:
        problem = _unused_authority(value)
    if problem:
        yield Problem(
            "SecretInvalid",
            f"{where}: the URL in the key {reference.key!r} of the Secret {reference.name!r} cannot"
            f" be used: {problem}.",
        )
    elif context.spec.environment == "production" and _is_default(value):
        yield Problem(
            "DefaultCredentials",
            f"{where}: the URL in the Secret {reference.name!r} has a default password, which"
            " production refuses; set another one, or set spec.environment to development.",
        )


def _authority(
    context: Context, authority: SecretReference | None, where: str
) -> Iterator[Problem]:
    """What is wrong with the Secret of a `caSecretRef`; `where` is the field above it."""
    if authority is None:
        return
    field = f"{where}.caSecretRef"
    certificates = context.value(authority)
    if certificates is None:
        yield _missing(context, authority, field, "create it in the same namespace")
    elif "-----BEGIN CERTIFICATE-----" not in certificates:
        yield Problem(
            "SecretInvalid",
            f"{field}: the key {authority.key!r} of the Secret {authority.name!r} has no"
            " certificate in PEM.",
        )


def _unused_authority(url: str) -> str:
    if uses_authority(url):
        return ""
    return (
        "it would not use the authority of caSecretRef; PostgreSQL needs sslmode=verify-full,"
        " Redis rediss:// or rediss-sentinel://"
    )


def _redis_problem(url: str) -> str:
    if url.startswith("unix:"):
        return "pods reach a Redis by TCP; begin it with redis://, rediss:// or redis-sentinel://"
    return redis_problem(url)


def _absent_files(url: str) -> str:
    files = files_of(url)
    if not files:
        return ""
    return (
        "it names files of certificates, keys or passwords, which the pods do not have; leave them"
        " out where the image trusts the authority, name an authority with caSecretRef, or let the"
        " administrator permit spec.volumes and spec.containers.volumeMounts (permitted.podFields"
        " in the operator's chart) and mount the files with podTemplate.overrides"
    )


def _is_default(url: str) -> bool:
    """Whether a URL has a well-known password.

    A URL without a password is allowed: certificates and trusted networks exist.
    """
    credentials, at, _ = url.partition("://")[2].rpartition("@")
    user, colon, password = credentials.partition(":")
    password = unquote(password)
    return bool(at and colon) and (password in _DEFAULT_PASSWORDS or password == unquote(user))


def _kinds(context: Context) -> Iterator[Problem]:
    if context.spec.gateway is not None and not context.knows("HTTPRoute", GATEWAY_GROUP):
        yield Problem(
            "GatewayApiMissing",
            "spec.gateway needs the Gateway API, which this cluster does not have; install its"
            " CRDs, or use ingress.",
            blocks=False,
        )
    scaling = context.spec.api.autoscaling
    if scaling is None or scaling.mode != "keda":
        return
    if not context.knows("ScaledObject", KEDA_GROUP):
        yield Problem(
            "KedaMissing",
            "spec.api.autoscaling.mode is keda, and this cluster does not have KEDA; install it,"
            " or use native or hpa. Until then the number of API pods stays as it is.",
            blocks=False,
        )
