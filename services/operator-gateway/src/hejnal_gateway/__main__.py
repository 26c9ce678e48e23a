"""Commands of the gateway. Each imports what it needs itself: WebRTC and the doors take a second that most do not need."""

import argparse
import asyncio
import gc
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import ValidationError

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.errors import AppError


def _openapi(arguments: argparse.Namespace) -> None:
    from hejnal_gateway.app import create_app

    document = json.dumps(create_app(GatewaySettings()).openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if arguments.out is None:
        print(document, end="")
    else:
        arguments.out.write_text(document, encoding="utf-8")


def _migrate(_arguments: argparse.Namespace) -> None:
    from hejnal_gateway.storage import SCHEMA, database_url
    from hejnal_runtime import migrations

    migrations.upgrade(database_url(GatewaySettings()), "hejnal_gateway", SCHEMA)


def _live_worker(arguments: argparse.Namespace) -> None:
    import uvloop

    from hejnal_gateway.live.workers.service import run_worker
    from hejnal_gateway.storage import SERVICE
    from hejnal_runtime.logs import configure_logging

    settings = GatewaySettings()
    configure_logging(SERVICE, settings.log_level, json=settings.log_json)
    _look_for_cycles_seldom()
    uvloop.run(run_worker(settings, with_parent=arguments.with_parent))


def _serve(arguments: argparse.Namespace) -> None:
    import uvloop

    from hejnal_gateway.service import run_service
    from hejnal_gateway.storage import SERVICE
    from hejnal_runtime.logs import configure_logging

    given = {} if arguments.live_workers is None else {"live_workers": arguments.live_workers}
    settings = GatewaySettings(**given)
    configure_logging(SERVICE, settings.log_level, json=settings.log_json)
    _look_for_cycles_seldom()
    uvloop.run(run_service(settings))


def _look_for_cycles_seldom() -> None:
    # Modules live as long as the process and pictures are freed by counting: a full look for cycles holds up all viewers for
    # tens of milliseconds and finds next to nothing.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _create_account(arguments: argparse.Namespace) -> None:
    from hejnal_gateway.secrets_at_rest import SecretBox
    from hejnal_gateway.storage import open_accounts, open_database
    from hejnal_runtime.clock import SystemClock

    async def work() -> None:
        settings = GatewaySettings()
        database = open_database(settings)
        try:
            accounts = open_accounts(settings, database, SecretBox.load(settings.credentials_key_file), SystemClock())
            if arguments.if_missing and await accounts.exists(arguments.login):
                return
            credentials = await accounts.create(
                login=arguments.login,
                role=Role(arguments.role),
                name=arguments.name,
                camera_groups=None if arguments.camera_group is None else frozenset(arguments.camera_group),
                must_change_password=arguments.must_change_password,
            )
            print(credentials.model_dump_json())
        finally:
            await database.close()

    _run(work)


def _first_admin(_arguments: argparse.Namespace) -> None:
    from hejnal_gateway.secrets_at_rest import SecretBox
    from hejnal_gateway.storage import open_database, open_setups
    from hejnal_runtime.clock import SystemClock

    async def work() -> None:
        settings = GatewaySettings()
        database = open_database(settings)
        try:
            setups = open_setups(settings, database, SecretBox.load(settings.credentials_key_file), SystemClock())
            link = await setups.issue_first_admin()
            print(json.dumps({"url": link.url, "expires_at": link.expires_at.isoformat()}))
        finally:
            await database.close()

    _run(work)


def _import_cameras(arguments: argparse.Namespace) -> None:
    from hejnal_gateway.audit.facts import COMMAND_LINE_ACTOR
    from hejnal_gateway.cameras.importing import import_cameras
    from hejnal_gateway.cameras.registry import CameraRegistry
    from hejnal_gateway.secrets_at_rest import SecretBox
    from hejnal_gateway.storage import open_database
    from hejnal_runtime.clock import SystemClock

    async def work() -> None:
        settings = GatewaySettings()
        database = open_database(settings)
        try:
            registry = CameraRegistry(SecretBox.load(settings.credentials_key_file))
            done = await import_cameras(
                database, registry, SystemClock(), arguments.file, by=COMMAND_LINE_ACTOR, prune=arguments.prune
            )
            counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged, "removed": done.removed}
            print(json.dumps({name: len(ids) for name, ids in counts.items()}))
        finally:
            await database.close()

    _run(work)


def _republish(_arguments: argparse.Namespace) -> None:
    from hejnal_gateway.cameras.republishing import republish
    from hejnal_gateway.storage import open_database

    async def work() -> None:
        database = open_database(GatewaySettings())
        try:
            async with database.transaction() as session:
                print(json.dumps(await republish(session)))
        finally:
            await database.close()

    _run(work)


def _audit_check(arguments: argparse.Namespace) -> None:
    from hejnal_gateway.audit.command import check_database, check_export

    async def work() -> None:
        settings = GatewaySettings()
        if arguments.file is None:
            chain = await check_database(settings)
            result = {"intact": not chain.findings, "entries": chain.checked, "last_position": chain.position}
            findings = chain.findings
        else:
            found = await check_export(settings, arguments.file, against_database=arguments.against_database)
            result, findings = found.model_dump(exclude={"findings"}), found.findings
        print(json.dumps(result | {"findings": [one.model_dump() for one in findings]}, ensure_ascii=False, indent=1))
        if findings:
            sys.exit(1)

    _run(work)


def _reseal(_arguments: argparse.Namespace) -> None:
    from hejnal_gateway.resealing import reseal
    from hejnal_gateway.secrets_at_rest import SecretBox
    from hejnal_gateway.storage import open_database
    from hejnal_runtime.clock import SystemClock

    async def work() -> None:
        settings = GatewaySettings()
        database = open_database(settings)
        try:
            print(json.dumps(await reseal(database, SecretBox.load(settings.credentials_key_file), SystemClock())))
        finally:
            await database.close()

    _run(work)


def _run(work: Callable[[], Awaitable[None]]) -> None:
    async def main_task() -> None:
        await work()

    asyncio.run(main_task())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hejnal_gateway", description="Hejnał's staff door")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="run the service")
    serve.add_argument("--live-workers", type=int, help="processes for the live view (HEJNAL_GATEWAY_LIVE_WORKERS)")
    serve.set_defaults(run=_serve)
    worker = commands.add_parser("live-worker", help="serve live views to the gateway's other processes")
    worker.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    worker.set_defaults(run=_live_worker)
    commands.add_parser("migrate", help="bring the database schema up to date").set_defaults(run=_migrate)
    openapi = commands.add_parser("openapi", help="print the OpenAPI document")
    openapi.add_argument("--out", type=Path, help="file to write instead")
    openapi.set_defaults(run=_openapi)
    account = commands.add_parser("create-account", help="make a staff account and print its secrets, once, as JSON")
    account.add_argument("--login", required=True)
    account.add_argument("--role", required=True, choices=[role.value for role in Role])
    account.add_argument("--name", required=True)
    account.add_argument("--if-missing", action="store_true", help="do and print nothing when the login exists")
    account.add_argument("--must-change-password", action="store_true", help="nothing else is allowed before that")
    account.add_argument("--camera-group", action="append", help="may know of this group's cameras only; can be repeated")
    account.set_defaults(run=_create_account)
    first = commands.add_parser(
        "first-admin", help="print a one-time link to set the first administrator up; refused once there is one"
    )
    first.set_defaults(run=_first_admin)
    cameras = commands.add_parser("import-cameras", help="make the registry say what a JSON file says")
    cameras.add_argument("file", type=Path)
    cameras.add_argument("--prune", action="store_true", help="also remove cameras the file does not name")
    cameras.set_defaults(run=_import_cameras)
    commands.add_parser(
        "reseal-secrets", help="encrypt every secret at rest with the first key of the credentials key file"
    ).set_defaults(run=_reseal)
    republish = commands.add_parser("republish", help="publish the camera registry again: Kafka was lost, or a backup restored")
    republish.set_defaults(run=_republish)
    check = commands.add_parser("audit-check", help="check the chain of the audit log; exit code 1 when it is not intact")
    check.add_argument("file", type=Path, nargs="?", help="an exported file; without it the log in the database is checked")
    check.add_argument(
        "--against-database",
        action="store_true",
        help="also compare the file with the log in the database",
    )
    check.set_defaults(run=_audit_check)
    return parser


def main() -> None:
    """Run one command; `--help` lists them."""
    arguments = _parser().parse_args()
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except (AppError, ValidationError, ValueError, FileNotFoundError) as error:
        sys.exit(f"hejnal_gateway {arguments.command}: {error}")


if __name__ == "__main__":
    main()
