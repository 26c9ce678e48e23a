"""The running service: both doors and all loops, until it is told to stop."""

import asyncio

from hejnal_gateway.app import create_app
from hejnal_gateway.internal import create_router
from hejnal_gateway.live.workers.routes import create_router as create_live_router
from hejnal_gateway.resources import open_resources
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.storage import SERVICE
from hejnal_runtime.serve import create_internal_app, serve


async def run_service(settings: GatewaySettings, stop: asyncio.Event | None = None) -> None:
    """The gateway with both its doors, until SIGTERM or `stop`."""
    stop = stop or asyncio.Event()
    settings.configure_tracing(SERVICE)
    async with open_resources(settings) as resources:

        async def say_farewell() -> None:
            await stop.wait()
            resources.events.stop()  # else open event streams would hold the door until its grace is over
            await asyncio.Event().wait()

        internal = create_internal_app(
            resources.health,
            [
                create_router(resources.database, resources.registry, resources.verifier),
                create_live_router(resources.room.here, resources.verifier),
            ],
            jwks=resources.issuer.jwks(),
            title="Hejnał operator gateway, internal",
        )
        doors = [
            (create_app(settings, resources), settings.public_host, settings.public_port),
            (internal, settings.internal_host, settings.internal_port),
        ]
        await serve(doors, [*resources.loops, say_farewell], stop=stop)
