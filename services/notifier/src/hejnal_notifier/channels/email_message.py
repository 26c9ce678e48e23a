"""An e-mail as bytes: text and HTML from sandboxed templates, with the headers mail programs act on (RFC 5322, 2369, 8058)."""

from collections.abc import Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from urllib.parse import urlsplit

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from hejnal_contracts.base import Language, Severity
from hejnal_notifier.channels.dkim import DkimKey, DkimSigner
from hejnal_notifier.channels.wording import WORDS, direct_words, headline, local_time
from hejnal_notifier.sending.job import AnnouncementContent, Job

_COLOURS = {
    Severity.INFO: "#1a5fb4",
    Severity.NOTICE: "#7a4a00",
    Severity.WARNING: "#9a3412",
    Severity.EMERGENCY: "#a4161a",
}
_CALM = "#1b6e3c"

# The older classes of the standard library: four times as fast as EmailMessage, and a burst is thousands of e-mails.
_WIRE = compat32.clone(linesep="\r\n")
_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP


class EmailComposer:
    """Builds messages of one sender."""

    def __init__(self, sender: str, town: str, *, dkim: Sequence[DkimKey] = ()) -> None:
        name, address = parseaddr(sender)
        if "@" not in address:
            raise ValueError("email_from holds no address")
        self.sender = address
        self._from = formataddr((name, address), "utf-8")
        self._domain = address.rpartition("@")[2]
        self._town = town
        self._signer = DkimSigner(self._domain, dkim) if dkim else None
        environment = SandboxedEnvironment(
            loader=PackageLoader("hejnal_notifier", "templates"),
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._text = environment.get_template("email.txt.j2")
        self._html = environment.get_template("email.html.j2")

    def message_id(self, job: Job) -> str:
        """The same for every try of one delivery: a mailbox shows a repeat once."""
        return f"<{job.delivery_id}@{self._domain}>"

    def compose(self, job: Job, now: datetime) -> bytes:
        """The message, ready for DATA. ValueError for an address that would break the header."""
        if not job.address.isprintable() or " " in job.address:
            raise ValueError("address is not one")
        message = MIMEMultipart("alternative")
        message["From"] = self._from
        message["To"] = job.address
        message["Message-ID"] = self.message_id(job)
        message["Date"] = format_datetime(now)
        message["Auto-Submitted"] = "auto-generated"
        values = self._announcement(message, job) if isinstance(job.content, AnnouncementContent) else self._direct(message, job)
        for subtype, template in (("plain", self._text), ("html", self._html)):
            part = MIMENonMultipart("text", subtype, charset="utf-8")
            part.set_payload(template.render(values), _UTF8)
            message.attach(part)
        built = message.as_bytes(policy=_WIRE)
        return self._signer.signed(built, int(now.timestamp())) if self._signer else built

    def _announcement(self, message: MIMEMultipart, job: Job) -> dict[str, object]:
        content = job.content
        assert isinstance(content, AnnouncementContent)
        language, words = content.text(job.language)
        own = WORDS[language]
        title = headline(content, language, words)
        message["Subject"] = Header(_one_line(title), "utf-8").encode()
        message["Content-Language"] = language.value
        # all versions of one announcement make one thread
        message["References"] = f"<{content.announcement_id}@{self._domain}>"
        if content.severity is Severity.EMERGENCY and content.kind != "cancelled":
            message["X-Priority"] = "1"
            message["Importance"] = "high"
        message["List-Id"] = f"<hejnal.{self._domain}>"
        unsubscribe_url = _web_address(job.unsubscribe_url)
        if unsubscribe_url:
            message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        calm = content.kind == "cancelled"
        label = own.cancelled if calm else own.severity[content.severity]
        return {
            "lang": language.value,
            "own": own,
            "title": title,
            "label": f"{own.drill}: {label}" if content.drill else label,
            "colour": _CALM if calm else _COLOURS[content.severity],
            "preheader": _one_line(words.body)[:140],
            "body": words.body,
            "instruction": words.instruction,
            "code": "",
            "validity": ""
            if calm
            else own.valid.format(start=local_time(content.valid_from), end=local_time(content.valid_until)),
            "url": _web_address(content.page_url),
            "footer": own.why.format(town=self._town),
            "unsubscribe_url": unsubscribe_url,
        }

    def _direct(self, message: MIMEMultipart, job: Job) -> dict[str, object]:
        content = job.content
        assert not isinstance(content, AnnouncementContent)
        language: Language = job.language
        subject, body = direct_words(content, language, town=self._town)
        message["Subject"] = Header(_one_line(subject), "utf-8").encode()
        message["Content-Language"] = language.value
        return {
            "lang": language.value,
            "own": WORDS[language],
            "title": subject,
            "label": "",
            "colour": _COLOURS[Severity.INFO],
            "preheader": "" if content.code else _one_line(body)[:140],
            "body": body,
            "instruction": "",
            "code": content.code,
            "validity": "",
            "url": "",
            "footer": f"Hejnał, {self._town}",
            "unsubscribe_url": "",
        }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _web_address(url: str) -> str:
    """The address if it is a plain web address, else nothing."""
    if any(character.isspace() or character in '<>"' for character in url):
        return ""
    return url if urlsplit(url).scheme in {"http", "https"} else ""
