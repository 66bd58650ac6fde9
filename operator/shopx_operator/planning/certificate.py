"""The certificate of the route: present, of its host, valid now, and with its own key."""

import datetime as dt
from collections.abc import Iterator
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from shopx_core.resource.v1beta1.access import route_hosts
from shopx_operator.manifests.context import Context
from shopx_operator.planning.problem import Problem

CERTIFICATE_KEY: Final = "tls.crt"
PRIVATE_KEY_KEY: Final = "tls.key"


def certificate_problems(context: Context, now: dt.datetime) -> Iterator[Problem]:
    """What is wrong with the Secret of `spec.ingress.tls`.

    Args:
        context: The dashboard, with the values of that Secret.
        now: The present, aware.
    """
    ingress = context.spec.ingress
    if ingress is None or ingress.tls is None:
        return
    name = ingress.tls.secret_name
    values = context.facts.secrets.get(name)
    where = f"spec.ingress.tls names the Secret {name!r}"
    if values is None:
        yield _problem(
            "CertificateMissing",
            f"{where}, which does not exist: HTTPS shows another certificate. Create it, or let"
            " cert-manager make it.",
        )
        return
    missing = [key for key in (CERTIFICATE_KEY, PRIVATE_KEY_KEY) if not values.get(key)]
    if missing:
        yield _problem(
            "CertificateMissing",
            f"{where}, of which the operator cannot read {' and '.join(missing)}; it needs both,"
            " and the right to read them (rbac.secretNames in the operator's chart).",
        )
        return
    problem = _wrong(
        values[CERTIFICATE_KEY], values[PRIVATE_KEY_KEY], route_hosts(context.spec), now
    )
    if problem:
        yield _problem("CertificateInvalid", f"{where}: {problem}.")


def _problem(reason: str, message: str) -> Problem:
    return Problem(reason, message, blocks=False)


def _wrong(certificate: str, key: str, hosts: tuple[str, ...], now: dt.datetime) -> str:
    """What is wrong with a certificate, in words; empty = nothing."""
    try:
        (leaf, *_) = x509.load_pem_x509_certificates(certificate.encode())
    except ValueError:
        return f"{CERTIFICATE_KEY} is no certificate in PEM"
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        return f"{PRIVATE_KEY_KEY} is no private key in PEM, or has a password"
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        return f"{PRIVATE_KEY_KEY} is not the key of the certificate"
    return _not_of(leaf, hosts, now)


def _not_of(leaf: x509.Certificate, hosts: tuple[str, ...], now: dt.datetime) -> str:
    """Why a certificate does not stand for all hosts now; empty = it does."""
    if now >= leaf.not_valid_after_utc:
        return f"the certificate expired at {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if now < leaf.not_valid_before_utc:
        return f"the certificate begins at {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
    names = _hosts(leaf)
    missing = [host for host in hosts if not any(_covers(name, host) for name in names)]
    if missing:
        known = ", ".join(names[:5]) or "no host"
        return f"the certificate is for {known}, not for {', '.join(missing)}"
    return ""


def _hosts(leaf: x509.Certificate) -> list[str]:
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        # Browsers ignore the common name.
        return []
    return found.value.get_values_for_type(x509.DNSName)


def _covers(name: str, host: str) -> bool:
    """Whether a certificate's name is that of a host (RFC 6125: `*` is one whole label)."""
    name, host = name.lower(), host.lower()
    return name == host or (name.startswith("*.") and name[1:] == host[host.find(".") :])
