"""The running service: both doors, the outbox relay, the consumers and housekeeping."""

import structlog

from hejnal_citizen.announcements.progress import DeliveriesHandler
from hejnal_citizen.announcements.publisher import Publisher
from hejnal_citizen.app import create_public_app, create_staff_app
from hejnal_citizen.cameras import CameraRegisterKeeper
from hejnal_citizen.housekeeping import Housekeeping
from hejnal_citizen.open311.polling import BackOfficeFollower
from hejnal_citizen.open311.pushing import BackOfficePusher
from hejnal_citizen.reports.by_sms import SmsHandler
from hejnal_citizen.reports.notices import NoticeSender
from hejnal_citizen.resident_imports.worker import ImportWorker
from hejnal_citizen.resources import SERVICE, Resources, open_resources
from hejnal_citizen.settings import Settings
from hejnal_runtime.bus import Consumer
from hejnal_runtime.health import Health
from hejnal_runtime.logs import configure_logging
from hejnal_runtime.serve import serve

log = structlog.get_logger()


async def run(settings: Settings) -> None:
    """Serve until SIGTERM."""
    configure_logging(SERVICE, settings.log_level, json=settings.log_json)
    settings.configure_tracing(SERVICE)
    async with open_resources(settings) as res:
        await serve_with(res)


async def serve_with(res: Resources) -> None:
    """Serve with given resources until SIGTERM."""
    settings = res.settings
    deliveries = consumer(res, "citizen-api-deliveries", "deliveries", DeliveriesHandler(res))
    # From the beginning each time: the topic is compacted and small, and a database restored from a backup heals itself.
    cameras = consumer(res, "citizen-api-cameras", "cameras", CameraRegisterKeeper(res.database), from_beginning=True)
    texted = consumer(res, "citizen-api-inbound-sms", "inbound-sms", SmsHandler(res))
    health = Health()
    health.add("database", res.database.ping)
    health.add("outbox", res.relay.health)
    health.add("deliveries", deliveries.health)
    health.add("cameras", cameras.health)
    health.add("inbound-sms", texted.health)
    doors = [
        (create_public_app(settings, res), settings.public_host, settings.public_port),
        (create_staff_app(health, res, jwks=res.issuer.jwks()), settings.internal_host, settings.internal_port),
    ]
    log.info("citizen_api_starting", public_port=settings.public_port, internal_port=settings.internal_port)
    try:
        loops = [ImportWorker(res).run, Publisher(res).run, Housekeeping(res).run, NoticeSender(res).run]
        loops += [BackOfficePusher(res).run, BackOfficeFollower(res).run]
        await serve(doors, [res.relay.run, deliveries.run, cameras.run, texted.run, *loops])
    finally:
        await deliveries.stop()
        await cameras.stop()
        await texted.stop()


def consumer(
    res: Resources,
    group: str,
    topic: str,
    handler: DeliveriesHandler | CameraRegisterKeeper | SmsHandler,
    *,
    from_beginning: bool = False,
) -> Consumer:
    """A consumer of one topic with the service's own settings."""
    settings = res.settings
    return Consumer(
        settings.kafka,
        group,
        [topic],
        handler,
        producer=res.producer,
        topic_prefix=settings.topic_prefix,
        from_beginning=from_beginning,
        clock=res.clock,
    )
