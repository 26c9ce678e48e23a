"""All that one process needs to serve live views, built in one place for the gateway and for live workers."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hejnal_gateway.accounts.sessions import Sessions
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.live.admission import Admission
from hejnal_gateway.live.here import LiveHere
from hejnal_gateway.live.hub import Hub
from hejnal_gateway.live.ice_lite import UdpPort
from hejnal_gateway.live.sources import Sources
from hejnal_gateway.live.transcode.transcodes import Transcodes
from hejnal_gateway.live.viewers import Viewers
from hejnal_gateway.live.workers.register import Own, WorkerRegister
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.serve import Loop
from hejnal_runtime.tokens import TokenIssuer


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """Live views of this process. `here` is the way in; loops run while it is open."""

    here: LiveHere
    hub: Hub
    viewers: Viewers
    transcodes: Transcodes
    port: UdpPort
    register: WorkerRegister

    @property
    def loops(self) -> tuple[Loop, ...]:
        """What has to run meanwhile."""
        return (self.port.watch_consent, self.viewers.watch_sessions, self.register.run)

    async def close(self) -> None:
        """End all views, write their ends down, let go of everything."""
        await self.register.sign_off()
        await self.viewers.stop()
        await self.transcodes.close()
        await self.hub.close()
        self.port.close()
        await asyncio.sleep(0)


def open_live(
    settings: GatewaySettings,
    database: Database,
    registry: CameraRegistry,
    sessions: Sessions,
    board: StatusBoard,
    issuer: TokenIssuer,
    clock: Clock,
    relay_url: Callable[[str], str | None],
    *,
    serves: bool = True,
) -> LiveRoom:
    """A worker; its UDP port is opened by `port.open()`. One that does not serve is known to nobody."""
    worker_id = new_id()
    port = UdpPort(settings.rtc_hosts, settings.rtc_port, settings.rtc_announce)
    hub = Hub(issuer, relay_url, linger_s=settings.relay_linger_s)
    transcodes = Transcodes(
        hub,
        limit=settings.max_transcodes,
        max_height=settings.transcode_max_height,
        max_fps=settings.transcode_max_fps,
        linger_s=settings.relay_linger_s,
    )
    sources = Sources(hub, transcodes, board)
    admission = Admission(
        database,
        registry,
        clock,
        worker_id,
        limit_per_account=settings.max_viewers_per_account,
        limits_of_roles=settings.max_viewers_of_roles,
    )
    viewers = Viewers(admission, sessions, sources, port, limit=settings.max_viewers)
    own = Own(worker_id, settings.worker_url, lambda: viewers.end_all("worker-fenced")) if serves else None
    register = WorkerRegister(database, clock, own, admission.record_lost_ends)
    return LiveRoom(LiveHere(worker_id, admission, sources, viewers), hub, viewers, transcodes, port, register)
