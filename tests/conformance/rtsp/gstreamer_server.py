"""A real RTSP server for the conformance tests: GStreamer's. Plays files from their beginning for each reader.

Run by the distribution's own Python, which has GStreamer's bindings. Prints a JSON line per event on standard output.
"""

import argparse
import json
import os
import signal
from typing import Any

import gi

gi.require_version("Gio", "2.0")
gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402 -- versions are chosen before the import

_DIGEST = 2
_ROLE = "viewer"
_VIDEO = {
    "h264": "h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96",
    "h265": "h265parse config-interval=-1 ! rtph265pay name=pay0 pt=96",
}
_AUDIO = {
    "aac": "aacparse ! rtpmp4gpay name=pay1 pt=97",
    "alaw": "rtppcmapay name=pay1 pt=8",
    "opus": "opusparse ! rtpopuspay name=pay1 pt=97",
}


def tell(event: str, detail: object = "") -> None:
    """A line for the test."""
    print(json.dumps({"event": event, "detail": detail}), flush=True)


def watch(client: Any, session_timeout_s: int) -> None:
    """Tells what the client asks for."""
    for method in ("options", "describe", "setup", "play", "get-parameter", "set-parameter", "teardown"):
        client.connect(
            f"{method}-request", lambda _client, _context, name=method: tell("request", name.upper().replace("-", "_"))
        )
    client.connect("new-session", lambda _client, session: session.set_timeout(session_timeout_s))
    client.connect("closed", lambda _client: tell("closed"))


def forget_old_sessions(pool: Any) -> bool:
    """Has to be asked for now and then; True: again."""
    if number := pool.cleanup():
        tell("expired", number)
    return True


def main() -> None:
    """`gstreamer_server.py --session-timeout S [--user NAME] [--certificate PEM] PATH=VIDEO+AUDIO:FILE …`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--session-timeout", type=int, default=60)
    parser.add_argument("--user", default="", help="switches digest authentication on; the password is read from PASSWORD")
    parser.add_argument("--certificate", default="", help="PEM file with certificate and key: RTSPS")
    parser.add_argument("mounts", nargs="+")
    arguments = parser.parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    auth = GstRtspServer.RTSPAuth()
    if arguments.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(arguments.certificate))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    if arguments.user:
        auth.set_supported_methods(_DIGEST)
        auth.add_digest(arguments.user, os.environ["PASSWORD"], token)
    else:
        auth.set_default_token(token)
    permissions = GstRtspServer.RTSPPermissions()
    for right in ("access", "construct"):
        permissions.add_permission_for_role(_ROLE, f"media.factory.{right}", True)
    for text in arguments.mounts:
        path, _, rest = text.partition("=")
        codecs, _, file = rest.partition(":")
        video, _, audio = codecs.partition("+")
        launch = f'( filesrc location="{file}" ! matroskademux name=d d. ! queue ! {_VIDEO[video]}'
        if audio:
            launch += f" d. ! queue ! {_AUDIO[audio]}"
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(launch + " )")
        factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP)
        factory.set_permissions(permissions)
        server.get_mount_points().add_factory(f"/{path}", factory)
    server.set_auth(auth)
    server.connect("client-connected", lambda _server, client: watch(client, arguments.session_timeout))
    pool = server.get_session_pool()
    GLib.timeout_add(300, lambda: forget_old_sessions(pool))
    if server.attach(None) == 0:
        raise SystemExit("no port to listen on")
    loop = GLib.MainLoop()
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, loop.quit)
    tell("listening", server.get_bound_port())
    loop.run()


if __name__ == "__main__":
    main()
