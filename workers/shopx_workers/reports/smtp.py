"""E-mail by SMTP (RFC 5321)."""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from shopx_core.settings import ReportSettings
from shopx_core.texts import say
from shopx_workers.reports.outcome import NotSent, Outcome, Result, cut_off, shortened

_SECONDS: Final = 60
_OK: Final = 250
_NOT_NOW: Final = 400
_REFUSED: Final = 500


@dataclass(slots=True)
class _Transaction:
    server: smtplib.SMTP
    content: bytes

    def send(self) -> Outcome:
        """Transmit the message and wait for the server's word.

        The server owns the message once it answers 250. When the connection ends before an answer,
        only the server knows whether it does.
        """
        reply: bytes | str
        try:
            code, reply = self.server.data(self.content)
        except smtplib.SMTPDataError as error:
            code, reply = error.smtp_code, error.smtp_error
        except (OSError, smtplib.SMTPException) as error:
            return Outcome(Result.UNKNOWN, cut_off(error))
        return Outcome(_result(code), _said(code, reply))

    def close(self) -> None:
        """Say goodbye; what was accepted stays accepted."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            self.server.quit()
        self.server.close()


def connect(settings: ReportSettings, recipient: str, message: EmailMessage) -> _Transaction:
    """Connect, log in, and name sender and recipient; the message itself is not transmitted yet.

    Raises:
        NotSent: The server cannot be reached, or refuses one of these steps.
    """
    if settings.smtp_host is None or settings.smtp_from is None:
        raise NotSent(
            Result.REFUSED,
            say(
                "delivery.no-mail-server",
                "No mail server is configured: set spec.reports.smtp.",
            ),
        )
    with contextlib.ExitStack() as opened:
        try:
            server = _server(settings, settings.smtp_host)
            opened.callback(server.close)
            _log_in(server, settings)
            _accepted(server.mail(settings.smtp_from))
            _accepted(server.rcpt(recipient))
        except smtplib.SMTPResponseException as error:
            raise NotSent(
                _result(error.smtp_code), _said(error.smtp_code, error.smtp_error)
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotSent(
                Result.LATER,
                say(
                    "delivery.mail-server",
                    "The mail server cannot be used: {error}",
                    error=shortened(error),
                ),
            ) from error
        opened.pop_all()
    return _Transaction(server, message.as_bytes())


def _server(settings: ReportSettings, host: str) -> smtplib.SMTP:
    if settings.smtp_tls == "implicit":
        context = ssl.create_default_context(cafile=settings.smtp_ca)
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=_SECONDS, context=context)
    return smtplib.SMTP(host, settings.smtp_port, timeout=_SECONDS)


def _log_in(server: smtplib.SMTP, settings: ReportSettings) -> None:
    if settings.smtp_tls == "starttls":
        server.starttls(context=ssl.create_default_context(cafile=settings.smtp_ca))
    if settings.smtp_username is not None:
        password = settings.smtp_password
        server.login(settings.smtp_username, password.get_secret_value() if password else "")
    server.ehlo_or_helo_if_needed()


def _accepted(answer: tuple[int, bytes]) -> None:
    code, reply = answer
    if code >= _NOT_NOW:
        raise smtplib.SMTPResponseException(code, reply)


def _result(code: int) -> Result:
    if code == _OK:
        return Result.ACCEPTED
    return Result.REFUSED if code >= _REFUSED else Result.LATER


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    return f"{code} {' '.join(text.split())}"[:500]
