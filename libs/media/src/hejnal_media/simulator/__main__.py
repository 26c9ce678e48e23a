"""`python -m hejnal_media.simulator`: simulated cameras on one port until SIGTERM."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

import uvloop

from hejnal_media.rtsp.auth import Credentials
from hejnal_media.simulator.mount import Behaviour
from hejnal_media.simulator.packets import Packetization
from hejnal_media.simulator.server import CameraSimulator
from hejnal_media.simulator.town import town_mounts

FAULTS = {
    "stall": lambda: Behaviour(stall=True),
    "refuse": lambda: Behaviour(refuse=True),
    "not-found": lambda: Behaviour(not_found=True),
    "no-video": lambda: Behaviour(codec=""),
    "h265": lambda: Behaviour(codec="H265"),
    "no-key-frames": lambda: Behaviour(no_key_frames=True),
    "missing-sets": lambda: Behaviour(sets_in_description=False),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hejnal_media.simulator", description="Simulated RTSP cameras.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18554, help="0: any free port, printed on standard output")
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "hejnal-clips", help="folder for the clips")
    parser.add_argument("--variants", type=int, default=4, help="how many differently coloured clips")
    parser.add_argument("--prepare", action="store_true", help="make the clips and end")
    parser.add_argument("--username", default="", help="switches digest authentication on")
    parser.add_argument("--password-env", default="", help="name of the environment variable that holds the password")
    parser.add_argument("--fault", action="append", default=[], metavar="CAMERA=KIND", help=f"kinds: {', '.join(FAULTS)}")
    parser.add_argument("--packetization", type=Packetization, default=Packetization.FU_A, choices=list(Packetization))
    return parser.parse_args()


async def _serve(simulator: CameraSimulator) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await simulator.start()
    print(f"simulating {len(simulator.mounts) // 2} cameras at {simulator.url('cam-001/main')}", flush=True)
    await stop.wait()
    await simulator.stop()


def main() -> int:
    """The command."""
    arguments = _arguments()
    behaviours: dict[str, Behaviour] = {}
    for text in arguments.fault:
        camera, _, kind = text.partition("=")
        if kind not in FAULTS:
            print(f"unknown fault {kind!r}; known: {', '.join(FAULTS)}", file=sys.stderr)
            return 2
        behaviours[camera] = FAULTS[kind]()
    mounts = town_mounts(
        arguments.cameras,
        arguments.cache,
        variants=arguments.variants,
        behaviours=behaviours,
        packetization=arguments.packetization,
    )
    if arguments.prepare:
        return 0
    credentials = None
    if arguments.username:
        credentials = Credentials(arguments.username, os.environ.get(arguments.password_env, ""))
    gc.freeze()  # the packetised clips are for ever
    simulator = CameraSimulator(mounts, host=arguments.host, port=arguments.port, credentials=credentials)
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(_serve(simulator))
    return 0


if __name__ == "__main__":
    sys.exit(main())
