"""Commands of citizen-api: serve, migrate, openapi, import-town, open311-key, secrets-key, reseal-secrets."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from hejnal_citizen.settings import Settings


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_citizen", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve residents and staff until SIGTERM")
    commands.add_parser("migrate", help="bring the database schema to its newest revision")
    openapi = commands.add_parser("openapi", help="write citizen.json and citizen-staff.json")
    openapi.add_argument("--out", type=Path, help="folder; without it both go to standard output")
    town = commands.add_parser(
        "import-town", help="put a town's boundary, streets and addresses into the database; may be repeated"
    )
    town.add_argument("file", type=Path)
    key = commands.add_parser("open311-key", help="let another program in by the key in a file; may be repeated")
    key.add_argument("file", type=Path, help="one line: the key, at least 20 characters")
    key.add_argument("--label", required=True, help="whose key it is")
    key.add_argument("--may-read", action="store_true", help="also sees words and exact places of all reports")
    key.add_argument("--may-update", action="store_true", help="may answer and close reports")
    secrets = commands.add_parser("secrets-key", help="write a file for HEJNAL_CITIZEN_SECRETS_KEY_FILE where there is none")
    secrets.add_argument("file", type=Path)
    secrets.add_argument("--new", action="store_true", help="a random key: only for an installation that has no residents yet")
    commands.add_parser("reseal-secrets", help="encrypt every secret at rest with the first key of the secrets key file")
    again = commands.add_parser("republish", help="publish residents' wishes again: Kafka was lost, or a backup restored")
    again.add_argument("--erase", type=Path, help="the restore's report, or ids one a line: who has left since the backup")
    arguments = parser.parse_args()
    if arguments.command == "serve":
        from hejnal_citizen.service import run

        asyncio.run(run(Settings()))
    elif arguments.command == "migrate":
        from hejnal_runtime.migrations import upgrade

        upgrade(_database_url(), "hejnal_citizen", "citizen")
    elif arguments.command == "openapi":
        _openapi(arguments.out)
    elif arguments.command == "import-town":
        from hejnal_citizen.town.importer import import_file

        try:
            print(json.dumps(asyncio.run(import_file(_database_url(), arguments.file, _warn))))
        except (OSError, ValueError) as error:
            sys.exit(str(error))
    elif arguments.command == "republish":
        asyncio.run(_republish(arguments.erase))
    elif arguments.command == "open311-key":
        from hejnal_citizen.open311.key_file import let_in

        rights = {"may_read": arguments.may_read, "may_update": arguments.may_update}
        print(json.dumps(asyncio.run(let_in(_database_url(), arguments.file, label=arguments.label, **rights))))
    elif arguments.command in ("secrets-key", "reseal-secrets"):
        from hejnal_citizen import secret_keys

        if arguments.command == "secrets-key":
            print(secret_keys.write_file(arguments.file, None if arguments.new else Settings().token_key_file))
        else:
            print(json.dumps(asyncio.run(secret_keys.reseal(_database_url(), Settings()))))


def _warn(words: str) -> None:
    print(f"warning: {words}", file=sys.stderr)


async def _republish(erase: Path | None) -> None:
    from hejnal_citizen import republish
    from hejnal_citizen.resources import open_resources

    async with open_resources(Settings()) as res:
        print(republish.told(await republish.republish(res, republish.read_ids(erase))))


def _database_url() -> str:
    url = Settings().database_url
    if url is None:
        sys.exit(
            "HEJNAL_CITIZEN_DATABASE_URL is not set: say which database, e.g. postgresql+asyncpg://user:password@host:port/hejnal"
        )
    return url.get_secret_value()


def _openapi(out: Path | None) -> None:
    from hejnal_citizen.app import create_public_app, create_staff_app
    from hejnal_runtime.health import Health

    staff = create_staff_app(Health()).openapi()
    staff["paths"] = {path: item for path, item in staff["paths"].items() if path.startswith("/staff/")}
    documents = {"citizen.json": create_public_app(Settings()).openapi(), "citizen-staff.json": staff}
    for name, document in documents.items():
        written = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
        if out is None:
            print(written)
        else:
            out.mkdir(parents=True, exist_ok=True)
            (out / name).write_text(written)


if __name__ == "__main__":
    main()
