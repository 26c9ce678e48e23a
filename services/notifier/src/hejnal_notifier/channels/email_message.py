"""An e-mail as bytes: text and HTML from sandboxed templates, with the headers mail programs act on (RFC 5322, 2369, 8058)."""

from collections.abc import Sequence
from datetime import datetime
from email.charset import QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr

from jinja2 import PackageLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from hejnal_contracts.base import Channel, Language, Severity
from hejnal_notifier.channels.dkim import DkimKey, DkimSigner
from hejnal_notifier.channels.wording import WORDS, direct_words
from hejnal_notifier.sending.job import AnnouncementContent, DigestContent, DirectContent, Job
from hejnal_notifier.town_templates.language import Templates
from hejnal_notifier.town_templates.values import values_of, web_address

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

    def __init__(self, sender: str, town: str, *, dkim: Sequence[DkimKey] = (), book: Templates | None = None) -> None:
        name, address = parseaddr(sender)
        if "@" not in address:
            raise ValueError("email_from holds no address")
        self.sender = address
        self._from = formataddr((name, address), "utf-8")
        self._domain = address.rpartition("@")[2]
        self._town = town
        self._book = book
        self._signer = DkimSigner(self._domain, dkim) if dkim else None
        environment = SandboxedEnvironment(
            loader=PackageLoader("hejnal_notifier", "templates"),
            autoescape=lambda name: bool(name and name.endswith(".html.j2")),
            undefined=StrictUndefined,
            trim_blocks=True,
        )
        self._text = environment.get_template("email.txt.j2")
        self._html = environment.get_template("email.html.j2")
        self._digest_text = environment.get_template("digest.txt.j2")
        self._digest_html = environment.get_template("digest.html.j2")

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
        if isinstance(job.content, AnnouncementContent):
            bodies = self._announcement(message, job, job.content)
        elif isinstance(job.content, DigestContent):
            bodies = self._digested(message, job, job.content)
        else:
            bodies = self._direct(message, job, job.content)
        for subtype, body in zip(("plain", "html"), bodies, strict=True):
            part = MIMENonMultipart("text", subtype, charset="utf-8")
            part.set_payload(body, _UTF8)
            message.attach(part)
        built = message.as_bytes(policy=_WIRE)
        return self._signer.signed(built, int(now.timestamp())) if self._signer else built

    def bodies(self, content: AnnouncementContent, language: Language, *, unsubscribe_url: str = "") -> tuple[str, str, str]:
        """Subject, text and HTML of an announcement in a language, in the town's words where it has written its own."""
        language, _ = content.text(language)
        values = values_of(content, language, town=self._town, unsubscribe_url=unsubscribe_url)
        written = self._book.render(Channel.EMAIL, language, values) if self._book is not None else None
        if written is not None:
            return _one_line(written["subject"]), written["text"], written["html"]
        frame = values | {
            "lang": language.value,
            "own": WORDS[language],
            "title": values["headline"],
            "colour": _CALM if content.kind == "cancelled" else _COLOURS[content.severity],
            "preheader": _one_line(str(values["body"]))[:140],
            "code": "",
        }
        return _one_line(str(values["headline"])), self._text.render(frame), self._html.render(frame)

    def _announcement(self, message: MIMEMultipart, job: Job, content: AnnouncementContent) -> tuple[str, str]:
        language, _ = content.text(job.language)
        subject, text, html = self.bodies(content, language, unsubscribe_url=job.unsubscribe_url)
        message["Subject"] = Header(subject, "utf-8").encode()
        message["Content-Language"] = language.value
        # all versions of one announcement make one thread
        message["References"] = f"<{content.announcement_id}@{self._domain}>"
        if content.severity is Severity.EMERGENCY and content.kind != "cancelled":
            message["X-Priority"] = "1"
            message["Importance"] = "high"
        self._list_headers(message, web_address(job.unsubscribe_url))
        return text, html

    def _digested(self, message: MIMEMultipart, job: Job, content: DigestContent) -> tuple[str, str]:
        subject, text, html = self.digest(content, job.language, unsubscribe_url=job.unsubscribe_url)
        message["Subject"] = Header(subject, "utf-8").encode()
        message["Content-Language"] = job.language.value
        self._list_headers(message, web_address(job.unsubscribe_url))
        return text, html

    def digest(self, content: DigestContent, language: Language, *, unsubscribe_url: str = "") -> tuple[str, str, str]:
        """Subject, text and HTML of a digest."""
        own = WORDS[language]
        items = []
        for item in content.items:
            values = values_of(item, language, town=self._town)
            items.append({**values, "title": values["headline"]})
        values = {
            "lang": language.value,
            "own": own,
            "title": own.digest.format(town=self._town),
            "preheader": "; ".join(_one_line(str(item["title"])) for item in items)[:140],
            "items": items,
            "footer": own.why.format(town=self._town),
            "unsubscribe_url": web_address(unsubscribe_url),
        }
        return str(values["title"]), self._digest_text.render(values), self._digest_html.render(values)

    def _list_headers(self, message: MIMEMultipart, unsubscribe_url: str) -> None:
        message["List-Id"] = f"<hejnal.{self._domain}>"
        if unsubscribe_url:
            message["List-Unsubscribe"] = f"<{unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"

    def _direct(self, message: MIMEMultipart, job: Job, content: DirectContent) -> tuple[str, str]:
        language: Language = job.language
        subject, body = direct_words(content, language, town=self._town)
        message["Subject"] = Header(_one_line(subject), "utf-8").encode()
        message["Content-Language"] = language.value
        values = {
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
        return self._text.render(values), self._html.render(values)


def _one_line(text: str) -> str:
    return " ".join(text.split())
