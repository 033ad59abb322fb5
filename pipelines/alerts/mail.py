"""A mail over SMTP, encrypted unless it is set otherwise, to a server whose certificate proves it."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from pipelines.alerts.channel import TIMEOUT, NotSent
from pipelines.alerts.message import Message

PORTS = {"starttls": 587, "tls": 465, "none": 25}
"""What a mail server listens on, by how it is spoken to."""


@dataclass(frozen=True)
class Mail:
    """Sends mails through one server."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    ca_file: str
    sender: str
    to: tuple[str, ...]
    name: str = "mail"

    def send(self, message: Message) -> str:
        """Send it; what came back."""
        with _told(), self._connected() as server:
            if self.security == "starttls":
                server.starttls(context=self._context())
            if self.user:
                server.login(self.user, self.password)
            refused = server.send_message(self._written(message), self.sender, self.to)
        reached = len(self.to) - len(refused)
        return f"accepted for {reached} of {len(self.to)} addresses"

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=self._context())
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)

    def _context(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self.ca_file:
            context.load_verify_locations(self.ca_file)
        return context

    def _written(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = " ".join(message.title.split())
        mail["From"], mail["To"] = self.sender, ", ".join(self.to)
        mail["Date"], mail["Message-ID"] = formatdate(), make_msgid(domain=self.sender.rpartition("@")[2])
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content("\n".join(message.lines) + "\n")
        return mail


@contextmanager
def _told() -> Iterator[None]:
    """What went wrong, in words that repeat neither password nor addresses."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise NotSent(f"user and password are not accepted ({error.smtp_code})") from None
    except smtplib.SMTPRecipientsRefused:
        raise NotSent("no address of alerts.mail_to is accepted") from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("the server does not offer what alerts.smtp_security or smtp_user need") from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(f"refused ({error.smtp_code})") from None
    except smtplib.SMTPServerDisconnected as error:
        raise NotSent("no answer in time" if "timed out" in str(error) else "the server hung up") from None
    except ssl.SSLCertVerificationError as error:
        raise NotSent(
            f"its certificate is not trusted: {error.verify_message}; see alerts.smtp_ca_file"
        ) from None
    except TimeoutError:
        raise NotSent("no answer in time") from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"no connection ({getattr(error, 'strerror', None) or type(error).__name__})") from None
