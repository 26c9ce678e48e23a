"""All live views of this process: who may open one, how many there may be, and the record of each."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_contracts.cameras import CameraState
from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import Sessions, StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import StatusBoard
from hejnal_gateway.live.dtls import Certificates
from hejnal_gateway.live.hub import Hub
from hejnal_gateway.live.ice_lite import UdpPort
from hejnal_gateway.live.sdp import Offer, choose_format, fragment_ufrag, parse_offer, write_answer
from hejnal_gateway.live.viewer import Viewer
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

_SESSION_CHECK_S = 30.0
_RECORD_TRIES = 5


class Viewers:
    """Opens and closes live views. A view is granted only when its beginning is on record."""

    def __init__(
        self,
        database: Database,
        registry: CameraRegistry,
        sessions: Sessions,
        board: StatusBoard,
        hub: Hub,
        port: UdpPort,
        clock: Clock,
        *,
        limit: int,
        limit_per_account: int,
    ) -> None:
        self._database = database
        self._registry = registry
        self._sessions = sessions
        self._board = board
        self._hub = hub
        self._port = port
        self._clock = clock
        self._limit = limit
        self._limit_per_account = limit_per_account
        self._certificates = Certificates()
        self._viewers: dict[str, Viewer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- opening --------------------------------------------------------------------------------------------------

    async def open(self, staff: StaffSession, camera_id: str, stream_name: str, sdp: str, *, reason: str) -> Viewer:
        """A new view with its answer.

        AppError: NOT_FOUND no such camera; CONFLICT camera switched off; INVALID bad offer, no H.264, no such stream, or a
        restricted camera without a reason; UNSUPPORTED a codec browsers do not take; UNAVAILABLE too many views.
        """
        offer = parse_offer(sdp)
        self._check_room(staff)
        viewer_id, now = new_id(), self._clock.now()
        async with self._database.transaction() as session:
            camera = await self._registry.get(session, camera_id)
            self._check_camera(camera, stream_name, reason)
            codec = self._codec(camera_id, stream_name)
            await publish_audit(session, staff, "footage.live", now, camera_id=camera_id, object_id=viewer_id, reason=reason)
        self._check_room(staff)
        viewer = self._prepare(viewer_id, staff, camera_id, stream_name, offer, codec, reason)
        self._viewers[viewer_id] = viewer
        metrics.VIEWERS.set(len(self._viewers))
        self._spawn(viewer.run(self._ended))
        return viewer

    def _prepare(
        self, viewer_id: str, staff: StaffSession, camera_id: str, stream_name: str, offer: Offer, codec: str | None, reason: str
    ) -> Viewer:
        channel = self._hub.acquire(camera_id, stream_name)
        path = self._port.path(offer.ice_ufrag, offer.ice_pwd)
        chosen = choose_format(offer.formats, channel.relay.codec or codec)
        viewer = Viewer(
            viewer_id, staff, channel, offer, chosen, path, self._certificates, reason=reason, started_at=self._clock.now()
        )
        viewer.answer = write_answer(
            offer,
            chosen,
            ssrc=channel.stream.ssrc,
            ice_ufrag=path.local_ufrag,
            ice_pwd=path.local_pwd,
            candidates=self._port.candidates(),
            fingerprint=viewer.dtls.fingerprint,
            session_id=random.randrange(1 << 62),
            label=f"{camera_id}-{stream_name}",
        )
        return viewer

    def _check_room(self, staff: StaffSession) -> None:
        own = sum(viewer.staff.account_id == staff.account_id for viewer in self._viewers.values())
        if len(self._viewers) >= self._limit or own >= self._limit_per_account:
            metrics.VIEWERS_REFUSED.labels("full").inc()
            detail = f"{len(self._viewers)} live views are open here ({own} of them yours); close one and try again."
            raise AppError(Kind.UNAVAILABLE, "viewers-full", detail, retry_after_s=5)

    def _check_camera(self, camera: CameraState, stream_name: str, reason: str) -> None:
        if not camera.enabled:
            raise AppError(Kind.CONFLICT, "camera-off", f"The camera {camera.camera_id} is switched off in the registry.")
        if stream_name not in {stream.name for stream in camera.streams}:
            raise AppError(Kind.INVALID, "stream-unknown", f"The camera {camera.camera_id} has no stream {stream_name}.")
        if camera.restricted and not reason:
            raise AppError(Kind.INVALID, "reason-required", "This camera is restricted: say why you look (parameter reason).")

    def _codec(self, camera_id: str, stream_name: str) -> str | None:
        report = self._board.report(camera_id)
        codec = next((item.codec for item in report.streams if item.name == stream_name), None) if report else None
        if codec and not codec.startswith("avc"):
            metrics.VIEWERS_REFUSED.labels("codec").inc()
            raise AppError(Kind.UNSUPPORTED, "codec-unsupported", f"The stream is {codec}; the live view takes H.264 so far.")
        return codec or None

    # --- while open -----------------------------------------------------------------------------------------------

    def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        """Take note of a browser's candidates (nothing to do: we are lite)."""
        viewer = self._find(staff, camera_id, viewer_id)
        if if_match is not None and if_match not in ("*", f'"{viewer.ice_etag}"'):
            raise AppError(Kind.PRECONDITION, "ice-session-changed", "This fragment belongs to another ICE session.")
        ufrag = fragment_ufrag(fragment)
        if ufrag is not None and ufrag != viewer.remote_ufrag:
            raise AppError(Kind.INVALID, "ice-restart-unsupported", "ICE restarts are not done here: open a new view.")

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view at its owner's wish."""
        self._find(staff, camera_id, viewer_id).end("closed")

    async def close_of_session(self, session_id: str) -> None:
        """End all views of a session that is over."""
        for viewer in self._viewers.values():
            if viewer.staff.session_id == session_id:
                viewer.end("signed-out")

    def _find(self, staff: StaffSession, camera_id: str, viewer_id: str) -> Viewer:
        viewer = self._viewers.get(viewer_id)
        if viewer is None or viewer.staff.account_id != staff.account_id or viewer.camera_id != camera_id:
            raise AppError(Kind.NOT_FOUND, "view-unknown", "This live view is over.")
        return viewer

    async def watch_sessions(self) -> None:
        """End views whose session ended elsewhere, or whose path died."""
        while True:
            await asyncio.sleep(_SESSION_CHECK_S)
            wanted = {viewer.staff.session_id for viewer in self._viewers.values()}
            try:
                alive = await self._sessions.still_open(wanted)
            except (SQLAlchemyError, OSError, TimeoutError) as error:  # the database is away: nobody is thrown out for that
                log.warning("sessions_not_checked", error=repr(error))
                continue
            for session_id in wanted - alive:
                await self.close_of_session(session_id)

    # --- ending ---------------------------------------------------------------------------------------------------

    def _ended(self, viewer: Viewer) -> None:
        self._viewers.pop(viewer.viewer_id, None)
        self._port.forget(viewer.path)
        self._hub.release(viewer.channel)
        metrics.VIEWERS.set(len(self._viewers))
        metrics.VIEWERS_ENDED.labels(viewer.ended.result()).inc()
        self._spawn(self._record_end(viewer))

    async def _record_end(self, viewer: Viewer) -> None:
        """The end with its duration; tried a few times, for the view itself is over whatever happens."""
        now = self._clock.now()
        for attempt in range(_RECORD_TRIES):
            try:
                async with self._database.transaction() as session:
                    await publish_audit(
                        session,
                        viewer.staff,
                        "footage.live-ended",
                        now,
                        camera_id=viewer.camera_id,
                        object_id=viewer.viewer_id,
                        footage_from=viewer.started_at,
                        footage_until=now,
                        reason=viewer.reason,
                    )
                return
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("view_end_not_recorded_yet", viewer_id=viewer.viewer_id, error=repr(error))
                await asyncio.sleep(min(10.0, 0.5 * 2**attempt) * random.uniform(0.5, 1))
        log.error("view_end_not_recorded", viewer_id=viewer.viewer_id, camera_id=viewer.camera_id, ended_at=now.isoformat())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End all views and write their ends down."""
        for viewer in list(self._viewers.values()):
            viewer.end("stopping")
        while self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
            if all(not task.done() for task in self._tasks) and not self._viewers:
                break
