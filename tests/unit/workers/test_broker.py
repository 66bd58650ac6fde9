"""What Celery and kombu are told of the queue's Redis."""

from typing import Any

from kombu.utils.url import url_to_parts

from shopx_workers.broker import celery_configuration

TRANSPORT: dict[str, Any] = {"global_keyprefix": "shopx:shop:sales:"}


def test_a_single_server_is_named_as_it_is() -> None:
    assert celery_configuration("redis://:pw@h:6379/1", TRANSPORT) == {
        "broker_url": "redis://:pw@h:6379/1",
        "broker_transport_options": TRANSPORT,
    }


def test_sentinels_are_named_in_kombus_form() -> None:
    """Each with the servers' credentials and database; the Sentinels' own are an option."""
    url = "redis-sentinel://shop:p%40s%3Bs@one:1,[fd00::7]:2/3?sentinel_password=w%26x#main"
    made = celery_configuration(url, TRANSPORT)
    parts = [url_to_parts(one) for one in made["broker_url"].split(";")]
    assert [(one.scheme, one.hostname, one.port) for one in parts] == [
        ("sentinel", "one", 1),
        ("sentinel", "fd00::7", 2),
    ]
    assert {(one.username, one.password, one.path) for one in parts} == {("shop", "p@s;s", "3")}
    options = made["broker_transport_options"]
    assert options["global_keyprefix"] == TRANSPORT["global_keyprefix"]
    assert options["master_name"] == "main"
    assert options["sentinel_kwargs"]["password"] == "w&x"
    assert "ssl" not in options["sentinel_kwargs"]
    assert "broker_use_ssl" not in made


def test_tls_is_verified_to_the_sentinels_and_to_the_servers() -> None:
    url = "rediss-sentinel://one/0?ssl_ca_certs=/ca.pem&ssl_check_hostname=false#main"
    made = celery_configuration(url, TRANSPORT)
    asked = {"ssl_ca_certs": "/ca.pem", "ssl_check_hostname": False}
    assert made["broker_use_ssl"] == {"ssl_cert_reqs": "required", **asked}
    options = made["broker_transport_options"]["sentinel_kwargs"]
    assert options.items() >= {"ssl": True, **asked}.items()
    assert "?" not in made["broker_url"]
