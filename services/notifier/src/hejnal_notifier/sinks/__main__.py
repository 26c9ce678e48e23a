"""`python -m hejnal_notifier.sinks`: mail server, SMS providers and push service of a demo town on loopback."""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
from pathlib import Path

import uvloop
from aiohttp import web

from hejnal_notifier.sinks.conditions import Conditions
from hejnal_notifier.sinks.mailbox import Mailbox
from hejnal_notifier.sinks.organisations import OrganisationsSystems
from hejnal_notifier.sinks.push import Devices, PushService
from hejnal_notifier.sinks.serwersms import SerwerSms
from hejnal_notifier.sinks.sms import SmsGateway
from hejnal_notifier.sinks.smsc import Smsc
from hejnal_notifier.sinks.smtp import start_smtp
from hejnal_notifier.sinks.web import Door, only_loopback_names

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m hejnal_notifier.sinks", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", choices=LOOPBACK)
    parser.add_argument("--port", type=int, default=8082, help="page, API, SMS gateway, push service; 0: any free port")
    parser.add_argument("--smtp-port", type=int, default=12525, help="mail server; 0: any free port")
    parser.add_argument("--smpp-port", type=int, default=0, help="SMSC (SMPP 3.4); 0: any free port")
    parser.add_argument("--data", type=Path, help="folder in which arrivals and devices survive a restart")
    parser.add_argument("--keep", type=int, default=2000, help="arrivals kept in memory and shown")
    parser.add_argument("--delay-s", type=float, default=0.0, help="how long accepting a message takes")
    parser.add_argument("--webhook-secret", default="", help="secret of the organisations' webhooks (whsec_…); empty: unchecked")
    parser.add_argument("--sms-token", default="", help="bearer token that the SMS gateway asks for; empty: none")
    parser.add_argument("--sms-credit", type=int, default=100_000, help="SMS parts that the SMS accounts can still pay")
    return parser.parse_args()


async def run_sinks(arguments: argparse.Namespace) -> None:
    """Serve until SIGTERM or SIGINT. The first line on standard output says the ports, as JSON."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    mailbox = Mailbox(keep=arguments.keep, data=arguments.data)
    conditions = Conditions(delay_s=arguments.delay_s)
    devices = Devices(arguments.data)
    gateway = SmsGateway(mailbox, conditions, token=arguments.sms_token, credit=arguments.sms_credit)
    app = web.Application(middlewares=[only_loopback_names], client_max_size=2**20)
    smsc = Smsc(mailbox, conditions)
    account = SerwerSms(mailbox, conditions, token=arguments.sms_token, credit=arguments.sms_credit)
    door = Door(mailbox, conditions, smsc, account)
    organisations = OrganisationsSystems(mailbox, conditions, secret=arguments.webhook_secret)
    for room in (PushService(mailbox, conditions, devices), gateway, account, organisations, door):
        app.add_routes(room.routes())
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=120)
    await runner.setup()
    site = web.TCPSite(runner, arguments.host, arguments.port, backlog=1024)
    await site.start()
    smtp = await start_smtp(loop, mailbox, conditions, arguments.host, arguments.smtp_port)
    smpp = await smsc.start(arguments.host, arguments.smpp_port)
    ports = {"http": runner.addresses[0][1], "smtp": smtp.sockets[0].getsockname()[1], "pid": os.getpid()}
    ports["smpp"] = smpp.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps(ports) + "\n")
    sys.stdout.flush()
    receipts = asyncio.create_task(gateway.run())
    await stop.wait()
    receipts.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await receipts
    smtp.close()
    smpp.close()
    await smsc.close()
    await runner.cleanup()
    mailbox.close()
    devices.close()


if __name__ == "__main__":
    uvloop.run(run_sinks(_arguments()))
