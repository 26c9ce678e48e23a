"""What the notifier holds while it runs, built and closed in one place."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import cast

from fastapi import Request

from hejnal_contracts.base import Channel
from hejnal_notifier.announcing.budget import SmsBudget
from hejnal_notifier.bounces import verp
from hejnal_notifier.channels.dkim import load_dkim_keys
from hejnal_notifier.channels.email import Email, MailServer
from hejnal_notifier.channels.email_message import EmailComposer
from hejnal_notifier.channels.push import WebPush
from hejnal_notifier.channels.sms.configured import ProviderSettings, SmsApiProvider, build, pace_of, read_providers
from hejnal_notifier.channels.sms.wording import SmsWording
from hejnal_notifier.channels.vapid_ring import VapidRing
from hejnal_notifier.channels.webhook import Webhook
from hejnal_notifier.organisations import Organisations
from hejnal_notifier.sending.providers import Provider, Providers
from hejnal_notifier.settings import Settings
from hejnal_notifier.sms_desk import SmsDesk
from hejnal_notifier.town_templates.book import TemplateBook
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.endpoints import EndpointPolicy
from hejnal_runtime.tokens import TokenIssuer, load_key

SCHEMA = "notifier"


@dataclass
class Resources:
    """Open connections and the things every room needs."""

    settings: Settings
    clock: Clock
    database: Database
    producer: Producer
    providers: dict[Channel, Providers]
    sms_prices: dict[str, int]
    """Grosze for an SMS part, by provider."""
    templates: TemplateBook
    """The town's own words."""
    sms_wording: SmsWording
    vapid: VapidRing | None
    """The keys for web push; None: push is off."""
    organisations: Organisations | None
    issuer: TokenIssuer | None
    wakers: dict[Channel, Callable[[], None]] = field(default_factory=dict)
    """Filled by the service: how a channel's sender is told that something waits."""

    @cached_property
    def composer(self) -> EmailComposer:
        """What e-mails say, for previews: unsigned."""
        return EmailComposer(self.settings.email_from, self.settings.town_name, book=self.templates)

    @property
    def served(self) -> set[Channel]:
        """Channels this town has a provider for."""
        return set(self.providers)

    @property
    def sms_budget(self) -> SmsBudget | None:
        """What SMS may cost; None where the town sends none."""
        if Channel.SMS not in self.providers:
            return None
        limit_zl = self.settings.sms_monthly_budget_zl
        price = next(iter(self.sms_prices.values()))
        return SmsBudget(None if limit_zl is None else limit_zl * 100, price, self.sms_wording.parts_of)

    def wake(self, channel: Channel) -> None:
        """Tell a channel's sender of this process that something waits."""
        if waker := self.wakers.get(channel):
            waker()

    @classmethod
    async def open(cls, settings: Settings, *, clock: Clock | None = None) -> "Resources":
        """Build everything; nothing has to answer yet. ValueError when a setting is missing or a key is none."""
        if settings.database_url is None:
            raise ValueError("HEJNAL_NOTIFIER_DATABASE_URL is not set")
        clock = clock or SystemClock()
        issuer = None
        if settings.token_key_file is not None:
            issuer = TokenIssuer(settings.service, await asyncio.to_thread(load_key, settings.token_key_file))
        vapid = None
        if settings.push_enabled and settings.vapid_key_file is not None:
            vapid = await asyncio.to_thread(VapidRing, settings.vapid_key_file, settings.vapid_subject)
        database = Database(settings.database_url.get_secret_value(), schema=SCHEMA, pool_size=12)
        sms = await asyncio.to_thread(_sms_providers, settings)
        templates = TemplateBook(database, clock)
        wording = SmsWording(settings.town_name, settings.sms_diacritics, settings.sms_max_parts, templates)
        organisations = None
        if settings.organisations_file is not None:
            policy = EndpointPolicy((), settings.webhook_trusted_origins)
            organisations = Organisations(settings.organisations_file, policy, database, clock)
            await asyncio.to_thread(organisations.read)
        return cls(
            settings=settings,
            clock=clock,
            database=database,
            producer=Producer(settings.kafka, settings.topic_prefix),
            providers=_providers(settings, clock, vapid, sms, SmsDesk(database, clock), organisations, wording),
            sms_prices={chosen.name or chosen.kind: chosen.price_grosze for chosen in sms},
            templates=templates,
            sms_wording=wording,
            vapid=vapid,
            organisations=organisations,
            issuer=issuer,
        )

    async def close(self) -> None:
        """Close in reverse order."""
        for providers in self.providers.values():
            for adapter in providers.adapters:
                await adapter.close()
        await self.producer.stop()
        await self.database.close()


def _sms_providers(settings: Settings) -> list[ProviderSettings]:
    if settings.sms_providers_file is not None:
        return read_providers(settings.sms_providers_file)
    if settings.sms_url is None:
        return []
    single = SmsApiProvider(
        kind="smsapi",
        url=settings.sms_url,
        token=settings.sms_token,
        receipt_url=settings.sms_receipt_url,
        concurrency=settings.sms_concurrency,
        timeout_s=settings.sms_timeout_s,
        price_grosze=settings.sms_price_grosze,
    )
    return [single]


def _providers(
    settings: Settings,
    clock: Clock,
    vapid: VapidRing | None,
    sms: list[ProviderSettings],
    desk: SmsDesk,
    organisations: Organisations | None,
    wording: SmsWording,
) -> dict[Channel, Providers]:
    found: dict[Channel, Providers] = {}
    if vapid is not None:
        policy = EndpointPolicy(settings.push_hosts, settings.push_trusted_origins)
        push = WebPush(
            vapid,
            policy,
            clock,
            town=settings.town_name,
            concurrency=settings.push_concurrency,
            timeout_s=settings.push_timeout_s,
            book=wording.book,
        )
        found[Channel.PUSH] = Providers([Provider(push, clock)])
    if settings.smtp_host:
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
        server = MailServer(settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_username, password)
        keys = load_dkim_keys(settings.email_dkim_keys)
        composer = EmailComposer(settings.email_from, settings.town_name, dkim=keys, book=wording.book)
        returns_to = settings.email_bounce_address
        sender = partial(verp, returns_to) if returns_to else None
        email = Email(server, composer, clock, timeout_s=settings.email_timeout_s, envelope_sender=sender)
        found[Channel.EMAIL] = Providers([Provider(email, clock)])
    if sms:
        built = [
            Provider(
                build(chosen, clock, wording, desk, sender=settings.sms_sender, state_dir=settings.state_dir),
                clock,
                pace_of(chosen),
            )
            for chosen in sms
        ]
        found[Channel.SMS] = Providers(built)
    if organisations is not None:
        webhook = Webhook(
            organisations.policy,
            clock,
            organisations.secrets_of,
            concurrency=settings.webhook_concurrency,
            timeout_s=settings.webhook_timeout_s,
        )
        found[Channel.WEBHOOK] = Providers([Provider(webhook, clock)])
    return found


def get_resources(request: Request) -> Resources:
    """FastAPI dependency: the resources of the running app."""
    return cast("Resources", request.app.state.resources)
