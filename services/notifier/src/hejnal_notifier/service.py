"""The notifier as a process: its consumer, planner, senders, reporter and relay under one roof."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.announcing.barrier import SubscriptionsBarrier
from hejnal_notifier.announcing.digests import DigestGatherer
from hejnal_notifier.announcing.planner import Planner
from hejnal_notifier.announcing.policy import ChannelPolicy
from hejnal_notifier.announcing.versions import TOPIC as ANNOUNCEMENTS
from hejnal_notifier.announcing.versions import AnnouncementsHandler
from hejnal_notifier.app import create_app
from hejnal_notifier.bounce_listener import BounceListener
from hejnal_notifier.bounce_mailbox import BounceMailbox, ImapAccount
from hejnal_notifier.bounces import take_bounce
from hejnal_notifier.channels.adapter import Listening
from hejnal_notifier.credit_watch import CreditWatch
from hejnal_notifier.housekeeping import Housekeeping
from hejnal_notifier.progress import ProgressReporter
from hejnal_notifier.push_subscriptions import PushSubscriptions
from hejnal_notifier.receipts import StrayReceipts
from hejnal_notifier.resources import Resources
from hejnal_notifier.sending.queue import DeliveryQueue
from hejnal_notifier.sending.sender import ChannelSender
from hejnal_notifier.settings import Settings
from hejnal_notifier.shown import TOPIC as SHOWN
from hejnal_notifier.shown import ShownHandler
from hejnal_notifier.subscriptions import TOPIC as SUBSCRIPTIONS
from hejnal_notifier.subscriptions import SubscriptionsHandler
from hejnal_notifier.wakeups import Wakeups
from hejnal_runtime.bus.consumer import Consumer
from hejnal_runtime.bus.message import Message
from hejnal_runtime.health import Health
from hejnal_runtime.outbox import OutboxRelay
from hejnal_runtime.serve import serve
from hejnal_runtime.tracing import continued_span

GROUP = "notifier"


class Facts:
    """Gives each batch (of one partition, so of one topic) to its handler."""

    def __init__(self, subscriptions: SubscriptionsHandler, announcements: AnnouncementsHandler) -> None:
        self._subscriptions = subscriptions
        self._announcements = announcements

    async def __call__(self, messages: Sequence[Message]) -> None:
        """Apply a batch; every part of it may be repeated."""
        if messages[0].topic == SUBSCRIPTIONS:
            await self._subscriptions(messages)
            return
        for message in messages:  # each in its own trace, whatever batch it came in
            with continued_span("store announcement", message.traceparent):
                await self._announcements(message)


def build_senders(resources: Resources, queue: DeliveryQueue) -> dict[Channel, ChannelSender]:
    """One sender per channel that has a provider."""
    settings = resources.settings
    concurrency = {
        Channel.PUSH: settings.push_concurrency,
        Channel.EMAIL: settings.email_concurrency,
        Channel.SMS: settings.sms_concurrency,
        Channel.WEBHOOK: settings.webhook_concurrency,
    }
    return {
        channel: ChannelSender(
            queue,
            providers,
            resources.clock,
            concurrency=concurrency[channel],
            batch_size=settings.batch_size,
            poll_s=settings.poll_s,
            lease_s=settings.lease_s,
            retry_base_s=settings.retry_base_s,
            retry_cap_s=settings.retry_cap_s,
            max_attempts=settings.max_attempts,
        )
        for channel, providers in resources.providers.items()
    }


def bounce_loops(resources: Resources) -> list[Callable[[], Awaitable[None]]]:
    """The loops that take bounces, where a mailbox for them or a port is set up."""
    settings, loops = resources.settings, list[Callable[[], Awaitable[None]]]()

    async def take(raw: bytes) -> bool:
        limit = settings.email_bounce_limit
        return await take_bounce(resources.database, resources.clock, raw, soft_limit=limit) is not None

    if settings.bounce_lmtp_port is not None:
        assert settings.email_bounce_address is not None
        host, port = settings.bounce_lmtp_host, settings.bounce_lmtp_port
        loops.append(BounceListener(take, settings.email_bounce_address, host=host, port=port).run)
    if settings.bounce_imap_host is not None:
        assert settings.bounce_imap_username is not None
        assert settings.bounce_imap_password is not None
        account = ImapAccount(
            settings.bounce_imap_host,
            settings.bounce_imap_port,
            settings.bounce_imap_username,
            settings.bounce_imap_password.get_secret_value(),
            settings.bounce_imap_security,
            settings.bounce_imap_folder,
        )
        loops.append(BounceMailbox(account, take, every_s=settings.bounce_poll_s).run)
    return loops


async def run_service(settings: Settings) -> None:
    """Run until SIGTERM."""
    settings.configure_tracing(settings.service)
    resources = await Resources.open(settings)
    clock, database = resources.clock, resources.database
    queue = DeliveryQueue(
        database,
        clock,
        instance=settings.instance,
        lease=timedelta(seconds=settings.lease_s),
        doubt_patience=timedelta(seconds=settings.sms_doubt_patience_s),
        prices=resources.sms_prices,
    )
    senders = build_senders(resources, queue)
    resources.wakers.update({channel: sender.wake for channel, sender in senders.items()})

    def wake_all() -> None:
        for sender in senders.values():
            sender.wake()

    barrier = SubscriptionsBarrier(
        settings.kafka, settings.topic_prefix, database, clock, patience_s=settings.catch_up_patience_s
    )
    budget = resources.sms_budget
    metrics.SMS_BUDGET_ZL.set(float("inf") if budget is None or budget.limit_grosze is None else budget.limit_grosze / 100)
    planner = Planner(
        database,
        clock,
        barrier,
        served=resources.served,
        budget=budget,
        policy=ChannelPolicy(settings.push_first_severities, timedelta(seconds=settings.push_first_patience_s)),
        poll_s=settings.poll_s,
        on_planned=wake_all,
    )
    facts = Facts(SubscriptionsHandler(database), AnnouncementsHandler(database, clock, planner.wake))
    consumer = Consumer(
        settings.kafka,
        GROUP,
        [SUBSCRIPTIONS, ANNOUNCEMENTS],
        producer=resources.producer,
        batch_handler=facts,
        topic_prefix=settings.topic_prefix,
        batch_size=200,
    )
    # a consumer of their own: a hundred thousand confirmations never hold an announcement up
    shown = Consumer(
        settings.kafka,
        f"{GROUP}-shown",
        [SHOWN],
        producer=resources.producer,
        batch_handler=ShownHandler(database, clock),
        topic_prefix=settings.topic_prefix,
        batch_size=200,
    )
    reporter = ProgressReporter(database, clock, queue, interval=timedelta(seconds=settings.progress_interval_s))
    relay = OutboxRelay(database, resources.producer)
    health = Health()
    health.add("database", database.ping)
    health.add("consumer", consumer.health)
    health.add("shown messages", shown.health)
    health.add("outbox", relay.health)
    for channel, sender in senders.items():
        health.add(f"sender {channel.value}", sender.health)
    app = create_app(settings, resources, health)
    everyone = [provider for providers in resources.providers.values() for provider in providers.all]
    adapters = [adapter for providers in resources.providers.values() for adapter in providers.adapters]
    try:
        await serve(
            [(app, settings.internal_host, settings.internal_port)],
            [
                consumer.run,
                shown.run,
                resources.templates.run,
                DigestGatherer(database, clock, wake_all).run,
                resources.templates.before(planner.run),
                reporter.run,
                relay.run,
                Wakeups(
                    database, {"deliveries": wake_all, "progress": reporter.wake, "message_templates": resources.templates.wake}
                ).run,
                Housekeeping(database, clock, keep=timedelta(days=settings.sms_keep_days)).run,
                StrayReceipts(database, clock).run,
                CreditWatch(everyone, clock).run,
                *([PushSubscriptions(database, clock, resources.vapid, wake_all).run] if resources.vapid is not None else []),
                *([resources.organisations.run] if resources.organisations is not None else []),
                *bounce_loops(resources),
                *(resources.templates.before(sender.run) for sender in senders.values()),
                *(adapter.run for adapter in adapters if isinstance(adapter, Listening)),
            ],
        )
    finally:
        await resources.close()
