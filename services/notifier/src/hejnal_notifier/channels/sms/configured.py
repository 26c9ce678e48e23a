"""The town's SMS providers, in the order in which they are chosen, from a file that only the notifier can read."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from hejnal_notifier.channels.adapter import Adapter
from hejnal_notifier.channels.sms.modem import Folders, Modem
from hejnal_notifier.channels.sms.news import NewsDesk
from hejnal_notifier.channels.sms.serwersms import SerwerSms
from hejnal_notifier.channels.sms.smpp import Smpp
from hejnal_notifier.channels.sms.smpp_session import Smsc
from hejnal_notifier.channels.sms.smsapi import SmsApi
from hejnal_notifier.channels.sms.submit_journal import SubmitJournal
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.sending.providers import Pace
from hejnal_runtime.clock import Clock

DEFAULT_PRICE_GROSZE = 16


class _Provider(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="", pattern=r"^[a-z0-9-]{0,32}$", description="In logs, metrics and bills; the kind where empty")
    sender: str = Field(default="", max_length=16, description="Who it is from; the town's sender name where empty")
    price_grosze: int = Field(default=DEFAULT_PRICE_GROSZE, ge=0, description="Net price of one SMS part, in grosze")
    rate_per_s: float | None = Field(default=None, gt=0, description="Messages a second it may be given")
    warm_up_s: float = Field(default=0.0, ge=0, description="Time over which the rate grows after a start or an outage")
    timeout_s: float = Field(default=12.0, gt=0, le=25, description="Time limit of one answer")


class _PrepaidProvider(_Provider):
    low_credit: float | None = Field(
        default=None,
        ge=0,
        description="Little is left below it: points (smsapi, default 50), messages (serwersms, default 300)",
    )

    @property
    def own_low_credit(self) -> dict[str, float]:
        """The town's limit, where it has set one."""
        return {} if self.low_credit is None else {"low_credit": self.low_credit}


class SmsApiProvider(_PrepaidProvider):
    """A gateway with SMSAPI's interface."""

    kind: Literal["smsapi"]
    url: str = Field(pattern=r"^https?://\S+$", description="The `sms.do` address")
    token: SecretStr | None = Field(default=None, description="Bearer token")
    receipt_url: str | None = Field(default=None, description="…/internal/v1/receipts/sms/<sms_receipt_secret>")
    concurrency: int = Field(default=16, ge=1, le=200)


class SerwerSmsProvider(_PrepaidProvider):
    """A SerwerSMS account."""

    kind: Literal["serwersms"]
    url: str = Field(pattern=r"^https?://\S+$", description="Address of the API, version 2")
    token: SecretStr
    concurrency: int = Field(default=16, ge=1, le=200)


class SmppProvider(_Provider):
    """An SMSC that speaks SMPP 3.4."""

    kind: Literal["smpp"]
    host: str
    port: int = Field(default=2775, ge=1, le=65535)
    system_id: str = Field(max_length=15)
    password: SecretStr = Field(max_length=8)
    system_type: str = Field(default="", max_length=12)
    tls: bool = False
    window: int = Field(default=10, ge=1, le=1000, description="Submissions that may be unanswered")


class ModemProvider(_Provider):
    """gammu-smsd with the FILES backend."""

    kind: Literal["modem"]
    outbox: Path
    sent: Path
    error: Path
    inbox: Path
    price_grosze: int = Field(default=0, ge=0)


ProviderSettings = Annotated[SmsApiProvider | SerwerSmsProvider | SmppProvider | ModemProvider, Field(discriminator="kind")]
_LIST = TypeAdapter(list[ProviderSettings])


def read_providers(path: Path) -> list[ProviderSettings]:
    """The providers of a JSON file. ValueError that says what is wrong with it, without its secrets."""
    try:
        return _LIST.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ValueError(f"{path} does not describe SMS providers: {wrong}") from error


def build(
    chosen: ProviderSettings, clock: Clock, wording: SmsWording, desk: NewsDesk, *, sender: str, state_dir: Path | None = None
) -> Adapter:
    """The adapter of one provider. `state_dir`: where an SMPP provider keeps its journal."""
    name, own_sender = chosen.name or chosen.kind, chosen.sender or sender
    match chosen:
        case SmsApiProvider():
            return SmsApi(
                chosen.url,
                clock,
                wording,
                name=name,
                token=chosen.token.get_secret_value() if chosen.token else None,
                sender=own_sender,
                receipt_url=chosen.receipt_url,
                concurrency=chosen.concurrency,
                timeout_s=chosen.timeout_s,
                **chosen.own_low_credit,
            )
        case SerwerSmsProvider():
            return SerwerSms(
                chosen.url,
                clock,
                wording,
                desk,
                name=name,
                token=chosen.token.get_secret_value(),
                sender=own_sender,
                concurrency=chosen.concurrency,
                timeout_s=chosen.timeout_s,
                **chosen.own_low_credit,
            )
        case SmppProvider():
            smsc = Smsc(
                chosen.host, chosen.port, chosen.system_id, chosen.password.get_secret_value(), chosen.system_type, chosen.tls
            )
            return Smpp(
                smsc,
                clock,
                wording,
                desk,
                name=name,
                sender=own_sender,
                window=chosen.window,
                timeout_s=chosen.timeout_s,
                journal=SubmitJournal(state_dir, name) if state_dir is not None else None,
            )
        case ModemProvider():
            folders = Folders(chosen.outbox, chosen.sent, chosen.error, chosen.inbox)
            return Modem(folders, clock, wording, desk, name=name)


def pace_of(chosen: ProviderSettings) -> Pace:
    """How fast a provider may be fed."""
    return Pace(chosen.rate_per_s, chosen.warm_up_s)
