"""`python -m hejnal_media.simulator.onvif`: simulated cameras with ONVIF until SIGTERM. Listens on 127.0.0.1 unless told."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from hejnal_media.rtsp.auth import Credentials
from hejnal_media.simulator.onvif.discovery import PORT, DiscoveryResponder
from hejnal_media.simulator.onvif.door import OnvifSimulator
from hejnal_media.simulator.server import CameraSimulator
from hejnal_media.simulator.town import camera_name, town_mounts

_KNOBS = ("refuse-auth", "no-wsse", "no-media2", "slow", "lying-gov-length", "pull-points-end", "duplicate-events", "no-replay")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hejnal_media.simulator.onvif", description="Simulated ONVIF cameras.")
    parser.add_argument("--host", default="127.0.0.1", help="address of the interface to listen on")
    parser.add_argument("--port", type=int, default=18600, help="of the first camera, one more for each; 0: any free ones")
    parser.add_argument("--rtsp-port", type=int, default=0)
    parser.add_argument("--cameras", type=int, default=1)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "hejnal-clips", help="folder for the clips")
    parser.add_argument("--username", default="", help="asks for UsernameToken or HTTP Digest")
    parser.add_argument("--password-env", default="", help="name of the environment variable that holds the password")
    parser.add_argument("--clock-offset", type=float, default=0.0, metavar="SECONDS", help="how wrong the cameras' clocks are")
    parser.add_argument("--discovery-port", type=int, default=PORT, help="UDP; 0: any free one")
    parser.add_argument("--multicast", action="store_true", help="answer probes to the group 239.255.255.250 too")
    parser.add_argument("--knob", action="append", default=[], choices=_KNOBS)
    return parser.parse_args()


def _turn(device: OnvifSimulator, knobs: list[str]) -> None:
    behaviour = device.behaviour
    behaviour.refuse_auth = "refuse-auth" in knobs
    behaviour.wsse = "no-wsse" not in knobs
    behaviour.media2 = "no-media2" not in knobs
    behaviour.delay_s = 3.0 if "slow" in knobs else 0.0
    behaviour.lying_gov_length = "lying-gov-length" in knobs
    behaviour.pull_points_end_after = 3 if "pull-points-end" in knobs else 0
    behaviour.duplicate_events = "duplicate-events" in knobs
    behaviour.no_replay = "no-replay" in knobs


async def _serve(arguments: argparse.Namespace) -> None:
    credentials = None
    if arguments.username:
        credentials = Credentials(arguments.username, os.environ.get(arguments.password_env, ""))
    mounts = town_mounts(arguments.cameras, arguments.cache, variants=1)
    rtsp = CameraSimulator(mounts, host=arguments.host, port=arguments.rtsp_port, credentials=credentials)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await rtsp.start()
    devices: list[OnvifSimulator] = []
    try:
        for number in range(arguments.cameras):
            device = OnvifSimulator(
                rtsp,
                camera_name(number + 1),
                host=arguments.host,
                credentials=credentials,
                clock_offset_s=arguments.clock_offset,
                clips=arguments.cache,
            )
            _turn(device, arguments.knob)
            devices.append(device)
            await device.start(arguments.port + number if arguments.port else 0)
            print(f"{device.identity.camera} {device.url}", flush=True)
        responder = DiscoveryResponder([(device.identity, device.url) for device in devices])
        await responder.start(host=arguments.host, port=arguments.discovery_port, multicast=arguments.multicast)
        print(f"discovery on UDP {responder.port}", flush=True)
        await stop.wait()
        responder.stop()
    finally:
        for device in devices:
            await device.stop()
        await rtsp.stop()


def main() -> int:
    """The command."""
    asyncio.run(_serve(_arguments()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
