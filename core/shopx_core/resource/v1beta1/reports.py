"""Scheduled reports and alerts."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shopx_core.resource.rules import Resource, Rule
from shopx_core.resource.types import Host, Permitted, SecretKey, Setting, Text
from shopx_core.resource.v1beta1.storage import SecretReference

MailAddress = Annotated[
    str, StringConstraints(pattern=r"^[^@\s<>,;]+@[A-Za-z0-9.\-]+$", max_length=254)
]


class Password(SecretReference):
    """A Secret's key that holds a password."""

    key: SecretKey = "password"
    """The key within the Secret."""


class SigningKey(SecretReference):
    """A Secret's key that holds the key that signs webhooks."""

    key: SecretKey = "key"
    """The key within the Secret."""


class Smtp(Resource):
    """The mail server that takes reports."""

    host: Annotated[Host, Setting("reports.smtp_host")]
    """Its name."""
    port: Annotated[int, Field(ge=1, le=65_535), Setting("reports.smtp_port")] = 587
    """Its port."""
    tls: Annotated[Literal["starttls", "implicit", "none"], Setting("reports.smtp_tls")] = (
        "starttls"
    )
    """starttls and implicit need a valid certificate; none is for a relay on a trusted network."""
    username: Annotated[Text | None, Setting("reports.smtp_username")] = None
    """The user to log in as; absent = no login."""
    secret_ref: Password | None = None
    """The user's password."""
    sender: Annotated[MailAddress, Field(alias="from"), Setting("reports.smtp_from")]
    """The sender's address."""
    rules = (
        Rule(
            cel="has(self.username) == has(self.secretRef)",
            holds=lambda smtp: (smtp.username is None) == (smtp.secret_ref is None),
            message="give both username and secretRef, or neither",
        ),
        Rule(
            cel="!has(self.username) || self.tls != 'none'",
            holds=lambda smtp: smtp.username is None or smtp.tls != "none",
            message="a login needs TLS: without it the password could be read on the way",
            field="tls",
        ),
    )


class Webhooks(Resource):
    """Where webhooks may go, and what signs them."""

    secret_ref: SigningKey | None = None
    """The key that signs generic webhooks; absent = only Slack's, which are not signed, are
    sent."""
    permitted: Annotated[
        list[Permitted], Field(max_length=32), Setting("reports.permitted", tuple)
    ] = Field(default_factory=list)
    """Networks and host names inside that webhooks may be sent to, beside public addresses."""


class Reports(Resource):
    """Scheduled reports and alerts: by e-mail, to Slack, to webhooks."""

    smtp: Smtp | None = None
    """The mail server; absent = no e-mail is sent."""
    webhooks: Webhooks = Webhooks()
    """Slack and other webhooks."""
