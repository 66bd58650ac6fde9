"""The route's certificate: Ready needs one that visitors' browsers take."""

import datetime as dt
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shopx_operator.manifests.routes import HTTPS_ONLY
from tests.support.cluster import START, Cluster
from tests.support.rendering import SECRETS, children

HOST = "sales.example.com"
SPEC: dict[str, Any] = {
    "ingress": {"host": HOST, "tls": {"secretName": "cert"}},
    "auth": {"public": True},
}


def _pair(*hosts: str, days: tuple[int, int] = (-1, 90)) -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(START + dt.timedelta(days=days[0]))
        .not_valid_after(START + dt.timedelta(days=days[1]))
    )
    if hosts:
        names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
        made = made.add_extension(names, critical=False)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = made.sign(key, SHA256()).public_bytes(Encoding.PEM)
    return {"tls.crt": certificate.decode(), "tls.key": private.decode()}


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        pytest.param(_pair(HOST), "", id="its own"),
        pytest.param(_pair("other.test", "*.example.com"), "", id="wildcard"),
        pytest.param(None, "'cert', which does not exist", id="absent"),
        pytest.param({}, "cannot read tls.crt and tls.key", id="not readable"),
        pytest.param(_pair(HOST) | {"tls.key": ""}, "cannot read tls.key", id="no key"),
        pytest.param(_pair("example.com"), "for example.com, not for", id="another host"),
        pytest.param(_pair("*.com"), "not for sales.example.com", id="a wildcard is one label"),
        pytest.param(_pair(), "for no host", id="a common name alone"),
        pytest.param(_pair(HOST, days=(-90, -1)), "expired at 2026-11-22", id="expired"),
        pytest.param(_pair(HOST, days=(1, 90)), "begins at 2026-11-24", id="not yet"),
        pytest.param(
            _pair(HOST) | {"tls.key": _pair(HOST)["tls.key"]}, "not the key", id="another key"
        ),
        pytest.param(_pair(HOST) | {"tls.crt": "x"}, "no certificate", id="no PEM"),
        pytest.param(_pair(HOST) | {"tls.key": "x"}, "no private key", id="no PEM key"),
    ],
)
def test_the_certificate_is_checked(secret: dict[str, str] | None, said: str) -> None:
    given = SECRETS | ({"cert": secret} if secret is not None else {})
    cluster = Cluster()
    cluster.running(SPEC, given=given)
    if not said:
        assert cluster.condition("Ready") == ("True", "Serving")
        return
    assert cluster.condition("Ready")[0] == "False"
    assert cluster.condition("Degraded")[1] in ("CertificateMissing", "CertificateInvalid")
    assert cluster.condition("Available") == ("True", "Serving")
    assert said in cluster.message("Degraded")
    cluster.reconcile(SPEC, given=SECRETS | {"cert": _pair(HOST)})
    assert cluster.condition("Ready") == ("True", "Serving")


def test_plain_http_is_redirected_where_tls_is_asked_for() -> None:
    ingress = children(SPEC)["Ingress", "sales-api"]
    assert ingress["metadata"]["annotations"] == HTTPS_ONLY
    mine = {"nginx.ingress.kubernetes.io/force-ssl-redirect": "false"}
    own = children({**SPEC, "ingress": {**SPEC["ingress"], "annotations": mine}})
    assert own["Ingress", "sales-api"]["metadata"]["annotations"] == HTTPS_ONLY | mine


def test_an_ingress_without_tls_has_no_such_annotation() -> None:
    plain = children({"ingress": {"host": HOST}, "auth": {"public": True}})
    assert "annotations" not in plain["Ingress", "sales-api"]["metadata"]
