"""`python -m hejnal_media.simulator`: simulated cameras on one port until SIGTERM."""

import argparse
import asyncio
import contextlib
import gc
import os
import signal
import ssl
import sys
import tempfile
from pathlib import Path

import uvloop

from hejnal_media.rtsp.auth import Credentials
from hejnal_media.simulator.control import ControlPort
from hejnal_media.simulator.knobs import ControlPanel, help_text
from hejnal_media.simulator.packets import Packetization
from hejnal_media.simulator.server import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m hejnal_media.simulator",
        description="Simulated RTSP cameras.",
        epilog=f"knobs of a camera, by --fault or as lines `CAMERA KNOB[=VALUE]` to the control port:\n{help_text()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=18554, help="0: any free port, printed on standard output")
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "hejnal-clips", help="folder for the clips")
    parser.add_argument("--variants", type=int, default=4, help="how many differently coloured clips")
    parser.add_argument("--prepare", action="store_true", help="make the clips and end")
    parser.add_argument("--username", default="", help="switches digest authentication on")
    parser.add_argument("--password-env", default="", help="name of the environment variable that holds the password")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="CAMERA=KNOB[=VALUE]", help="turns a knob; may be repeated"
    )
    parser.add_argument("--control-port", type=int, default=-1, help="on 127.0.0.1; 0: any free one, printed on standard output")
    parser.add_argument("--certificate", type=Path, help="PEM file with key and certificate: the cameras speak RTSPS")
    parser.add_argument("--packetization", type=Packetization, default=Packetization.FU_A, choices=list(Packetization))
    return parser.parse_args()


async def _serve(simulator: CameraSimulator, panel: ControlPanel, arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    for text in arguments.fault:
        camera, _, setting = text.partition("=")
        await panel.turn(camera, setting)
    gc.freeze()  # the packetised clips are for ever
    await simulator.start()
    print(f"simulating {len(simulator.mounts) // 2} cameras at {simulator.url('cam-001/main')}", flush=True)
    control = None
    if arguments.control_port >= 0:
        control = ControlPort(panel, arguments.control_port)
        await control.start()
        print(f"knobs at 127.0.0.1:{control.port}", flush=True)
    await stop.wait()
    if control is not None:
        await control.stop()
    await simulator.stop()


def main() -> int:
    """The command."""
    arguments = _arguments()
    wardrobe = Wardrobe(arguments.cache, packetization=arguments.packetization)
    mounts = town_mounts(arguments.cameras, arguments.cache, variants=arguments.variants, wardrobe=wardrobe)
    if arguments.prepare:
        return 0
    credentials = None
    if arguments.username:
        credentials = Credentials(arguments.username, os.environ.get(arguments.password_env, ""))
    secure = None
    if arguments.certificate is not None:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(arguments.certificate)
    simulator = CameraSimulator(mounts, host=arguments.host, port=arguments.port, credentials=credentials, secure=secure)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            uvloop.run(_serve(simulator, ControlPanel(simulator, wardrobe), arguments))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
