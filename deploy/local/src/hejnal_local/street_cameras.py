"""Simulated cameras with real street footage, through GStreamer's RTSP server: digest authentication, main and sub stream.

Run by the distribution's own Python (`/usr/bin/python3`), which has GStreamer's bindings; nothing else of ours is imported.
The footage is read once and sent for ever with rising time stamps, so its loop has no seam.
"""

import argparse
import json
import signal
import time
from pathlib import Path
from typing import Any

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstApp, GstRtsp, GstRtspServer  # noqa: E402 -- versions are chosen before the import

FRAMES_PER_S = 25
_FRAME_NS = 1_000_000_000 // FRAMES_PER_S
_DIGEST_ONLY = 2
_ROLE = "viewer"
_PAY = (
    "( appsrc name=source is-live=true format=time block=false max-bytes=4000000"
    " ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)


class Footage:
    """The access units of one clip, in order, the first one a key frame."""

    def __init__(self, file: Path) -> None:
        if not file.is_file():  # the pipeline would wait for it for ever
            raise SystemExit(f"{file.name} is not there: `make setup` makes the street cameras' footage")
        self.access_units: list[bytes] = []
        pipeline = Gst.parse_launch(
            f'filesrc location="{file}" ! qtdemux ! h264parse config-interval=-1'
            " ! video/x-h264,stream-format=byte-stream,alignment=au ! appsink name=sink sync=false"
        )
        sink = pipeline.get_by_name("sink")
        pipeline.set_state(Gst.State.PLAYING)
        while (sample := sink.emit("pull-sample")) is not None:
            buffer = sample.get_buffer()
            self.access_units.append(buffer.extract_dup(0, buffer.get_size()))
        pipeline.set_state(Gst.State.NULL)
        if not self.access_units:
            raise SystemExit(f"{file} holds no H.264 video")


class Feeder:
    """Sends a clip into one running media at its frame rate, from the first access unit, until the media ends."""

    def __init__(self, media: Any, footage: Footage) -> None:
        self._footage = footage
        self._source = media.get_element().get_by_name_recurse_up("source")
        self._source.set_caps(Gst.Caps.from_string("video/x-h264,stream-format=byte-stream,alignment=au"))
        self._sent = 0
        self._began_s = time.monotonic()
        self._timer = GLib.timeout_add(1000 // FRAMES_PER_S // 2, self._feed)
        media.connect("unprepared", self._end)

    def _feed(self) -> bool:
        due = int((time.monotonic() - self._began_s) * FRAMES_PER_S) + 1
        if due - self._sent > FRAMES_PER_S:  # the machine slept: go on from now instead of sending a burst
            self._began_s += (due - self._sent - 1) / FRAMES_PER_S
            due = self._sent + 1
        units = self._footage.access_units
        while self._sent < due:
            buffer = Gst.Buffer.new_wrapped(units[self._sent % len(units)])
            buffer.pts = buffer.dts = self._sent * _FRAME_NS
            buffer.duration = _FRAME_NS
            if self._source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                self._timer = 0
                return False
            self._sent += 1
        return True

    def _end(self, _media: Any) -> None:
        if self._timer:
            GLib.source_remove(self._timer)
            self._timer = 0


def serve(host: str, port: int, footage: dict[str, Footage], accounts: dict[str, dict[str, str]]) -> None:
    """Serve `rtsp://host:port/CAMERA/STREAM` for each camera in `accounts` until SIGTERM or SIGINT."""
    server = GstRtspServer.RTSPServer()
    server.set_address(host)
    server.set_service(str(port))
    auth = GstRtspServer.RTSPAuth()
    auth.set_supported_methods(_DIGEST_ONLY)
    mounts = server.get_mount_points()
    for camera_id, account in accounts.items():
        role = f"{_ROLE}-{camera_id}"
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", role)
        auth.add_digest(account["username"], account["password"], token)
        for stream, clip in footage.items():
            factory = GstRtspServer.RTSPMediaFactory()
            factory.set_launch(_PAY)
            factory.set_shared(True)
            factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
            permissions = GstRtspServer.RTSPPermissions()
            permissions.add_permission_for_role(role, "media.factory.access", True)
            permissions.add_permission_for_role(role, "media.factory.construct", True)
            factory.set_permissions(permissions)
            factory.connect("media-configure", lambda _factory, media, clip=clip: Feeder(media, clip))
            mounts.add_factory(f"/{camera_id}/{stream}", factory)
    server.set_auth(auth)
    if server.attach(None) == 0:
        raise SystemExit(f"port {port} is taken by another program")
    loop = GLib.MainLoop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, signum, loop.quit)
    print(json.dumps({"rtsp": port, "cameras": sorted(accounts)}), flush=True)
    loop.run()


def main() -> None:
    """`street_cameras.py --port N --footage DIR --accounts FILE`; the file is {camera_id: {"username", "password"}}."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18555)
    parser.add_argument("--footage", type=Path, required=True, help="folder with main.mp4 and sub.mp4")
    parser.add_argument("--accounts", type=Path, required=True)
    arguments = parser.parse_args()
    Gst.init(None)
    assert GstApp is not None  # its import gives appsrc and appsink their methods
    footage = {stream: Footage(arguments.footage / f"{stream}.mp4") for stream in ("main", "sub")}
    serve(arguments.host, arguments.port, footage, json.loads(arguments.accounts.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
