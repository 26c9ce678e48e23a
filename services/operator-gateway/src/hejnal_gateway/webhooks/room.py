"""The room put together: what the gateway's resources take from it."""

from dataclasses import dataclass

from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE
from hejnal_gateway.webhooks.sender import WebhookPost, WebhookSender
from hejnal_gateway.webhooks.webhooks import Webhooks
from hejnal_runtime.bus import Consumer, Producer
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.endpoints import EndpointPolicy
from hejnal_runtime.health import Health
from hejnal_runtime.serve import Loop


@dataclass(frozen=True, slots=True)
class WebhookRoom:
    """Webhooks and what runs for them."""

    webhooks: Webhooks
    post: WebhookPost
    loops: tuple[Loop, ...]


def open_webhooks(
    settings: GatewaySettings,
    database: Database,
    producer: Producer,
    box: SecretBox,
    alerts: Alerts,
    clock: Clock,
    health: Health,
) -> WebhookRoom:
    """Connects to nothing; its loops do."""
    policy = EndpointPolicy((), settings.webhook_trusted_origins)
    hooks = Webhooks(box, policy)
    post = WebhookPost(policy, clock)
    sender = WebhookSender(database, hooks, alerts, post, clock)
    consumer = Consumer(
        settings.kafka,
        f"{SERVICE}-webhooks",
        ["alerts"],
        sender.handle,
        producer=producer,
        topic_prefix=settings.topic_prefix,
    )
    health.add("webhooks", consumer.health)
    return WebhookRoom(hooks, post, (consumer.run, sender.run))
