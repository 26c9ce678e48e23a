"""All live views of this process: opened, patched, switched, ended."""

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_contracts.cameras import CameraState
from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import Sessions, StaffSession
from hejnal_gateway.live.admission import Admission, Look, masked
from hejnal_gateway.live.audio import passing
from hejnal_gateway.live.audio_sdp import choose_sound
from hejnal_gateway.live.door import Pictures, view_unknown
from hejnal_gateway.live.dtls import Certificates
from hejnal_gateway.live.fmp4.view import MessageSink, SocketView
from hejnal_gateway.live.ice_lite import UdpPort
from hejnal_gateway.live.sdp import Offer, choose_format, fragment_ufrag, parse_offer, write_answer
from hejnal_gateway.live.source import Source
from hejnal_gateway.live.sources import Sources
from hejnal_gateway.live.viewer import Viewer
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

_SESSION_CHECK_S = 30.0


class _Ending(Protocol):
    """What can be ended: a view of either kind."""

    def end(self, reason: str) -> None: ...


class Viewers:
    """Opens and closes live views. A view is granted only when its beginning is on record."""

    def __init__(self, admission: Admission, sessions: Sessions, sources: Sources, port: UdpPort, *, limit: int) -> None:
        self._admission = admission
        self._sessions = sessions
        self._sources = sources
        self._port = port
        self._limit = limit
        self._opening = 0
        self._certificates = Certificates()
        self._viewers: dict[str, Viewer] = {}
        self._looks: dict[str, tuple[Look, _Ending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # --- opening --------------------------------------------------------------------------------------------------

    async def open(self, staff: StaffSession, camera_id: str, stream_name: str, sdp: str, *, reason: str) -> Viewer:
        """A new view over WebRTC with its answer.

        AppError: NOT_FOUND no such camera; CONFLICT camera switched off; INVALID bad offer, no H.264, no such stream, or a
        restricted camera without a reason; RATE_LIMITED or UNAVAILABLE too many views or transcodes.
        """
        offer = parse_offer(sdp)
        look, source = await self._grant(
            staff,
            camera_id,
            stream_name,
            reason,
            lambda camera, covered: self._sources.acquire_for_webrtc(camera, stream_name, masked=covered),
        )
        viewer = self._prepare(look, offer, source)
        self._viewers[look.viewer_id] = viewer
        self._enter(look, viewer)
        self._spawn(viewer.run(lambda _: self._left(look, viewer)))
        return viewer

    async def watch(self, staff: StaffSession, camera_id: str, stream_name: str, target: MessageSink, *, reason: str) -> str:
        """A view as fMP4, sent to `target` until one side ends it; why it ended. Errors as of `open`."""
        look, source = await self._grant(
            staff,
            camera_id,
            stream_name,
            reason,
            lambda camera, covered: self._sources.acquire_for_mse(camera, stream_name, masked=covered),
        )
        view = SocketView(look, source)
        self._enter(look, view)
        try:
            await view.run(target)
        except (ConnectionError, RuntimeError) as error:
            log.debug("socket_view_left", viewer_id=look.viewer_id, error=repr(error))
        finally:
            view.end("left")
            self._sources.release(source)
            self._leave(look, view.ended.result())
        return view.ended.result()

    async def _grant(
        self, staff: StaffSession, camera_id: str, stream_name: str, reason: str, acquire: Callable[[CameraState, bool], Source]
    ) -> tuple[Look, Source]:
        if len(self._looks) + self._opening >= self._limit:
            metrics.VIEWERS_REFUSED.labels("full").inc()
            detail = f"{len(self._looks)} live views are open here, and no more can be served; close one and try again."
            raise AppError(Kind.UNAVAILABLE, "viewers-full", detail, retry_after_s=5)
        self._opening += 1
        held: list[Source] = []

        def take(camera: CameraState, covered: bool) -> None:  # noqa: FBT001
            held.append(acquire(camera, covered))

        try:
            look = await self._admission.grant(staff, camera_id, stream_name, reason, take)
        except BaseException:
            for source in held:
                self._sources.release(source)
            raise
        finally:
            self._opening -= 1
        return look, held[0]

    def _prepare(self, look: Look, offer: Offer, source: Source) -> Viewer:
        path = self._port.path(offer.ice_ufrag, offer.ice_pwd)
        chosen = choose_format(offer.formats, source.codec)
        viewer = Viewer(
            look.viewer_id,
            look.staff,
            source,
            offer,
            chosen,
            path,
            self._certificates,
            sound=choose_sound(offer, passing(source.sound.parameters)) if look.camera.recording.record_audio else None,
            reason=look.reason,
            started_at=look.started_at,
        )
        viewer.answer = write_answer(
            offer,
            viewer.tracks(),
            ice_ufrag=path.local_ufrag,
            ice_pwd=path.local_pwd,
            candidates=self._port.candidates(),
            fingerprint=viewer.dtls.fingerprint,
            session_id=random.randrange(1 << 62),
        )
        return viewer

    # --- while open -----------------------------------------------------------------------------------------------

    def serves(self, viewer_id: str) -> bool:
        """Whether this process has that view."""
        return viewer_id in self._looks

    def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        """Take note of a browser's candidates (nothing to do: we are lite)."""
        viewer = self._find(staff, camera_id, viewer_id)
        if if_match is None:
            detail = "Send If-Match with the ETag of the ICE session (or * for whichever is current)."
            raise AppError(Kind.PRECONDITION_REQUIRED, "if-match-required", detail)
        if if_match != "*" and f'"{viewer.ice_etag}"' not in {tag.strip() for tag in if_match.split(",")}:
            raise AppError(Kind.PRECONDITION, "ice-session-changed", "This fragment belongs to another ICE session.")
        ufrag = fragment_ufrag(fragment)
        if ufrag is not None and ufrag != viewer.remote_ufrag:
            raise AppError(Kind.INVALID, "ice-restart-unsupported", "ICE restarts are not done here: open a new view.")

    async def switch(
        self, staff: StaffSession, camera_id: str, viewer_id: str, stream_name: str, pictures: Pictures | None = None
    ) -> None:
        """Send another stream of the same camera, or other pictures of it, from the next one that can be shown on.

        Errors as of `open`.
        """
        viewer = self._find(staff, camera_id, viewer_id)
        camera = await self._admission.camera(camera_id, stream_name)
        if viewer.ended.done():
            raise view_unknown()
        source = self._sources.acquire_for_webrtc(camera, stream_name, masked=masked(camera, staff))
        if pictures is not None:
            viewer.thin(key_frames_only=pictures == "key-frames")
        viewer.switch(source, self._sources.release)

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view at its owner's wish."""
        self._find(staff, camera_id, viewer_id).end("closed")

    async def close_of_session(self, session_id: str) -> None:
        """End all views of a session that is over."""
        for look, view in list(self._looks.values()):
            if look.staff.session_id == session_id:
                view.end("signed-out")

    def camera_changed(self, camera_id: str, camera: CameraState | None) -> None:
        """The registry says something new of a camera: views granted on other grounds end, and may be asked for anew."""
        for look, view in list(self._looks.values()):
            if look.camera.camera_id == camera_id and (camera is None or not look.still_granted_by(camera)):
                view.end("camera-changed")

    def end_all(self, reason: str) -> None:
        """End every view."""
        for _, view in list(self._looks.values()):
            view.end(reason)

    def _find(self, staff: StaffSession, camera_id: str, viewer_id: str) -> Viewer:
        viewer = self._viewers.get(viewer_id)
        if viewer is None or viewer.staff.account_id != staff.account_id or viewer.camera_id != camera_id:
            raise view_unknown()
        return viewer

    async def watch_sessions(self) -> None:
        """End views whose session ended elsewhere, or whose path died."""
        while True:
            await asyncio.sleep(_SESSION_CHECK_S)
            wanted = {look.staff.session_id for look, _ in self._looks.values()}
            try:
                alive = await self._sessions.still_open(wanted)
            except (SQLAlchemyError, OSError, TimeoutError) as error:  # the database is away: nobody is thrown out for that
                log.warning("sessions_not_checked", error=repr(error))
                continue
            for session_id in wanted - alive:
                await self.close_of_session(session_id)

    # --- ending ---------------------------------------------------------------------------------------------------

    def _enter(self, look: Look, view: _Ending) -> None:
        self._looks[look.viewer_id] = (look, view)
        metrics.VIEWERS.set(len(self._looks))

    def _left(self, look: Look, viewer: Viewer) -> None:
        self._viewers.pop(look.viewer_id, None)
        self._port.forget(viewer.path)
        self._sources.release(viewer.channel)
        self._leave(look, viewer.ended.result())

    def _leave(self, look: Look, reason: str) -> None:
        self._looks.pop(look.viewer_id, None)
        metrics.VIEWERS.set(len(self._looks))
        metrics.VIEWERS_ENDED.labels(reason).inc()
        self._spawn(self._admission.record_end(look))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """End all views and write their ends down."""
        self.end_all("stopping")
        while self._tasks:
            await asyncio.wait(self._tasks, timeout=5)
            if all(not task.done() for task in self._tasks) and not self._looks:
                break
