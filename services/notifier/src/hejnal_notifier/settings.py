"""What the notifier can be told from outside."""

import socket
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from hejnal_contracts.base import Severity
from hejnal_runtime.endpoints import is_loopback
from hejnal_runtime.settings import ServiceSettings

PUSH_HOSTS = ("googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com")


class Settings(ServiceSettings):
    """The notifier's settings, `HEJNAL_NOTIFIER_…`."""

    model_config = SettingsConfigDict(env_prefix="HEJNAL_NOTIFIER_", frozen=True, extra="ignore")

    service: str = Field(default="notifier", description="Name in tokens, facts and logs")
    internal_port: int = Field(default=18092, ge=0, le=65535, description="Port of the internal API, health and metrics")
    instance: str = Field(
        default_factory=socket.gethostname,
        description="Name of this replica, unique and stable over restarts: what its last life left is taken up at once",
    )
    state_dir: Path | None = Field(
        default=None,
        description="Folder of this replica that outlives it: what is handed to SMSCs is noted there, and only that is in doubt "
        "after a crash",
    )
    town_name: str = Field(
        default="Bugielsk", description="Name of the town in messages; must be set where e-mail or SMS leave this machine"
    )

    push_enabled: bool = Field(default=True, description="Send web push; needs vapid_key_file")
    vapid_key_file: Path | None = Field(
        default=None,
        description="EC P-256 private keys (PEM, oldest first), read again when it changes; see `vapid-key` and `vapid-keys`",
    )
    vapid_subject: str = Field(
        default="mailto:kontakt@hejnal.test",
        pattern=r"^(mailto:[^\s<>]+@[^\s<>]+|https://\S+)$",
        description="Whom a push service may ask (RFC 8292); Apple refuses spaces and brackets",
    )
    push_hosts: tuple[str, ...] = Field(
        default=PUSH_HOSTS, description="Push services: these hosts and what is below them; empty: every public host"
    )
    push_trusted_origins: tuple[str, ...] = Field(
        default=(), description="Exact origins that are allowed although local or without TLS, e.g. the demo's simulator"
    )
    push_concurrency: int = Field(default=64, ge=1, le=1000, description="Pushes in flight")
    push_timeout_s: float = Field(default=10.0, gt=0, le=25, description="Time limit of one push")

    smtp_host: str | None = Field(default=None, description="Mail server; without it e-mail is off")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Port of the mail server")
    smtp_security: Literal["none", "starttls", "tls"] = Field(default="starttls", description="How the connection is protected")
    smtp_username: str | None = Field(default=None, description="Account on the mail server")
    smtp_password: SecretStr | None = Field(default=None, description="Its password")
    email_from: str = Field(
        default="Hejnał Bugielsk <hejnal@bugielsk.test>",
        description="Sender of e-mails; must be set where they leave this machine",
    )
    email_dkim_keys: dict[str, Path] = Field(
        default={}, description="DKIM: selector → private key (PEM, RSA or Ed25519); make one with `dkim-key`. Empty: not signed"
    )
    email_bounce_address: str | None = Field(
        default=None,
        pattern=r"^[^\s@+<>]{1,30}@[^\s@<>]+$",
        description="Where undeliverable mail comes back: `name+<delivery>@domain` is the envelope sender; needs plus addressing",
    )
    email_bounce_limit: int = Field(
        default=4, ge=1, description="Refusals within 30 days, other than for a dead mailbox, that close an e-mail contact"
    )
    bounce_imap_host: str | None = Field(default=None, description="IMAP server of the bounce address; without it: not fetched")
    bounce_imap_port: int = Field(default=993, ge=1, le=65535, description="Its port")
    bounce_imap_security: Literal["none", "starttls", "tls"] = Field(
        default="tls", description="How that connection is protected"
    )
    bounce_imap_username: str | None = Field(default=None, description="Account of the bounce address")
    bounce_imap_password: SecretStr | None = Field(default=None, description="Its password")
    bounce_imap_folder: str = Field(default="INBOX", description="Folder in which bounces arrive; nothing else should")
    bounce_poll_s: float = Field(default=60.0, gt=0, description="Pause between two looks into that folder")
    bounce_lmtp_port: int | None = Field(
        default=None, ge=1, le=65535, description="Port on which the mail server hands bounces over (LMTP); unset: off"
    )
    bounce_lmtp_host: str = Field(
        default="127.0.0.1", description="Address of that port; it has no password, so let nobody but the mail server reach it"
    )
    email_concurrency: int = Field(default=8, ge=1, le=100, description="Connections to the mail server")
    email_timeout_s: float = Field(default=15.0, gt=0, le=25, description="Time limit of one mail dialogue")

    sms_url: str | None = Field(default=None, description="The gateway's `sms.do` address; without it SMS is off")
    sms_token: SecretStr | None = Field(default=None, description="Bearer token of the gateway account")
    sms_sender: str = Field(
        default="Bugielsk", max_length=11, description="Sender name registered with the gateway; must be set with its address"
    )
    sms_diacritics: bool = Field(
        default=False, description="Send Polish letters as they are (UCS-2, about three times the price)"
    )
    sms_max_parts: int = Field(default=3, ge=1, le=10, description="Longest message in parts; the rest is cut")
    sms_concurrency: int = Field(default=16, ge=1, le=200, description="Submissions in flight")
    sms_timeout_s: float = Field(default=15.0, gt=0, le=25, description="Time limit of one submission")
    sms_receipt_url: str | None = Field(
        default=None, description="Where the gateway reports delivery: …/internal/v1/receipts/sms/<sms_receipt_secret>"
    )
    sms_receipt_secret: SecretStr | None = Field(default=None, description="Last part of the receipt address; without it: off")

    sms_providers_file: Path | None = Field(
        default=None, description="JSON list of SMS providers, first choice first, with their secrets; used instead of sms_url"
    )
    sms_price_grosze: int = Field(default=16, ge=0, description="Net price of an SMS part at sms_url's gateway, in grosze")
    sms_monthly_budget_zl: int | None = Field(
        default=None, ge=0, description="Most that SMS may cost in a calendar month; only emergencies go past it"
    )
    sms_keep_days: int = Field(
        default=90, ge=1, description="Residents' SMS and raw receipts are emptied of text and number after so many days"
    )
    sms_doubt_patience_s: float = Field(
        default=120.0, ge=1, description="After this time an urgent SMS in doubt at one provider may go by another"
    )

    push_first_severities: tuple[Severity, ...] = Field(
        default=(Severity.INFO, Severity.NOTICE, Severity.WARNING),
        description="For these an SMS goes only to whom no device has shown the push in time; for the others both go at once",
    )
    push_first_patience_s: float = Field(
        default=120.0, ge=1, le=3600, description="How long the SMS waits for a push to be shown, from the moment that is due"
    )

    organisations_file: Path | None = Field(
        default=None, description="JSON list of organisations that get announcements by signed webhook, with their secrets"
    )
    webhook_trusted_origins: tuple[str, ...] = Field(
        default=(), description="Exact origins of webhooks that are allowed although local or without TLS"
    )
    webhook_concurrency: int = Field(default=16, ge=1, le=200, description="Webhooks in flight")
    webhook_timeout_s: float = Field(default=10.0, gt=0, le=25, description="Time limit of one webhook")

    batch_size: int = Field(default=500, ge=1, le=5000, description="Deliveries that one claim takes from the queue")
    poll_s: float = Field(
        default=30.0,
        gt=0,
        description="Longest pause between two looks into a queue; new rows wake us at once, retries at their time",
    )
    lease_s: float = Field(default=60.0, ge=1, description="After this time a claimed delivery is taken from a silent worker")
    retry_base_s: float = Field(default=2.0, gt=0, description="First pause after a temporary refusal; doubles each time")
    retry_cap_s: float = Field(default=600.0, gt=0, description="Longest pause between two tries")
    max_attempts: int = Field(
        default=120, ge=1, le=10_000, description="Tries before we give up, if the message does not expire earlier; about 19 h"
    )
    progress_interval_s: float = Field(default=1.0, gt=0, description="Shortest time between two progress facts of one version")
    catch_up_patience_s: float = Field(
        default=10.0, gt=0, description="How long planning waits for subscriptions that make no headway before it goes ahead"
    )

    @model_validator(mode="after")
    def _bounce_mailbox_is_whole(self) -> Self:
        if self.bounce_imap_host and not (self.email_bounce_address and self.bounce_imap_username and self.bounce_imap_password):
            raise ValueError("bounce_imap_host needs email_bounce_address, bounce_imap_username and bounce_imap_password")
        if self.bounce_lmtp_port and not self.email_bounce_address:
            raise ValueError("bounce_lmtp_port needs email_bounce_address")
        return self

    @model_validator(mode="after")
    def _residents_know_who_writes(self) -> Self:
        """The examples' names are for this machine's own sinks: no resident gets a message of another town."""
        needed: set[str] = set()
        if self.smtp_host and not is_loopback(self.smtp_host):
            needed |= {"town_name", "email_from"}
        if self.sms_url and not is_loopback(urlsplit(self.sms_url).hostname):
            needed |= {"town_name", "sms_sender"}
        unset = sorted(needed - self.model_fields_set)
        if unset:
            names = ", ".join(f"HEJNAL_NOTIFIER_{name.upper()}" for name in unset)
            raise ValueError(f"{names} must be set before messages leave this machine: residents would read an example's name")
        return self

    @model_validator(mode="after")
    def _lease_outlives_a_try(self) -> Self:
        webhook_s = self.webhook_timeout_s if self.organisations_file is not None else 0.0
        longest_s = max(self.push_timeout_s, self.email_timeout_s, self.sms_timeout_s, webhook_s)
        if self.lease_s < 2 * longest_s:
            raise ValueError(f"lease_s must be at least twice the longest time limit of a try ({longest_s:g} s)")
        return self
