"""The room put together: what the gateway's resources take from it."""

from dataclasses import dataclass

from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.feed import AlertFeed
from hejnal_gateway.alerts.intake import CONSUMER, TOPICS, AlertIntake
from hejnal_gateway.alerts.rules import AlertRules
from hejnal_gateway.alerts.watch import AlertSweep, DarkCameras, Escalation
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.events import EventRing
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE
from hejnal_runtime.bus import Consumer, Producer
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.health import Health
from hejnal_runtime.serve import Loop


@dataclass(frozen=True, slots=True)
class AlertRoom:
    """Alerts, their rules, and what runs for them."""

    alerts: Alerts
    rules: AlertRules
    loops: tuple[Loop, ...]


def open_alerts(
    settings: GatewaySettings,
    database: Database,
    producer: Producer,
    registry: CameraRegistry,
    board: StatusBoard,
    events: EventRing,
    clock: Clock,
    health: Health,
) -> AlertRoom:
    """Connects to nothing; its loops do."""
    rules = AlertRules()
    alerts = Alerts(rules)
    intake = AlertIntake(database, registry, alerts, clock, max_age_s=settings.alert_facts_max_age_s)
    consumer = Consumer(
        settings.kafka,
        f"{SERVICE}-{CONSUMER}",
        TOPICS,
        intake.handle,
        producer=producer,
        topic_prefix=settings.topic_prefix,
    )
    feed = AlertFeed(database, events, clock)
    dark = DarkCameras(database, registry, board, alerts, rules, clock, every_s=settings.dark_cameras_every_s)
    sweep = AlertSweep(database, clock, keep_days=settings.alerts_keep_days, inbox_days=settings.inbox_keep_days)
    health.add("alerts", consumer.health)
    health.add("alert-feed", feed.health)
    loops = (consumer.run, feed.run, Escalation(database, alerts, clock).run, dark.run, sweep.run)
    return AlertRoom(alerts, rules, loops)
