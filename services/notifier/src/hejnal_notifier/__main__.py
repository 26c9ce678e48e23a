"""`python -m hejnal_notifier serve | migrate | openapi | vapid-key | vapid-keys | dkim-key | restored`."""

import argparse
import json
import sys
from pathlib import Path


def main() -> int:
    """Run one command; the exit code says whether it went well."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_notifier")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="plan and send deliveries and answer the internal API")
    commands.add_parser("migrate", help="bring the database schema to the newest revision")
    openapi = commands.add_parser("openapi", help="write the internal API's OpenAPI document")
    openapi.add_argument("--out", type=Path, help="file to write; standard output without it")
    vapid = commands.add_parser("vapid-key", help="make the key for web push if there is none; prints its public half")
    vapid.add_argument("--private", type=Path, required=True, help="PEM file of the private key")
    vapid.add_argument("--public", type=Path, help="file for the applicationServerKey (base64url)")
    ring = commands.add_parser(
        "vapid-keys", help="change that key while the town works: add a new one, switch to it, withdraw the old"
    )
    ring.add_argument("act", choices=["list", "add", "switch", "withdraw"])
    ring.add_argument("key", nargs="?", help="for withdraw: the key's short name, as `list` and the metrics have it")
    ring.add_argument("--private", type=Path, required=True, help="PEM file of the private keys")
    ring.add_argument("--public", type=Path, required=True, help="file for the applicationServerKeys, the current one first")
    ring.add_argument(
        "--anyway", action="store_true", help="withdraw although browsers hang on the key, or nobody can count them"
    )
    dkim = commands.add_parser("dkim-key", help="make a key for DKIM if there is none; prints the DNS record of its public half")
    dkim.add_argument("--private", type=Path, required=True, help="PEM file of the private key")
    dkim.add_argument("--selector", required=True, help="name of the key: <selector>._domainkey.<domain of the sender>")
    dkim.add_argument("--ed25519", action="store_true", help="Ed25519 (RFC 8463) instead of RSA; use it beside an RSA key")
    restored = commands.add_parser("restored", help="after a restore: what may have been sent already, and waits for a decision")
    restored.add_argument("act", choices=["list", "send", "leave"])
    restored.add_argument("announcement_id", nargs="?", help="for send and leave")
    arguments = parser.parse_args()
    if arguments.command == "restored" and (arguments.act == "list") != (arguments.announcement_id is None):
        parser.error("`restored list` stands alone; `restored send` and `restored leave` need an announcement's id")

    if arguments.command == "vapid-keys" and (arguments.act == "withdraw") != (arguments.key is not None):
        parser.error("`vapid-keys withdraw` needs a key's short name, the others stand alone")

    if arguments.command == "openapi":
        from hejnal_notifier.app import openapi_document

        text = json.dumps(openapi_document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        if arguments.out:
            arguments.out.write_text(text)
        else:
            print(text, end="")
        return 0
    if arguments.command == "vapid-key":
        from hejnal_notifier.channels.vapid_ring import make_vapid_key

        print(make_vapid_key(arguments.private, arguments.public))
        return 0

    if arguments.command == "vapid-keys":
        return _vapid_keys(arguments)
    if arguments.command == "dkim-key":
        return _dkim_key(arguments)

    from hejnal_notifier.settings import Settings
    from hejnal_runtime.logs import configure_logging

    settings = Settings()
    configure_logging(settings.service, settings.log_level, json=settings.log_json)
    if settings.database_url is None:
        print("HEJNAL_NOTIFIER_DATABASE_URL is not set: postgresql+asyncpg://user:password@host:port/name", file=sys.stderr)
        return 2
    if arguments.command == "migrate":
        from hejnal_notifier.resources import SCHEMA
        from hejnal_runtime import migrations

        migrations.upgrade(settings.database_url.get_secret_value(), "hejnal_notifier", SCHEMA)
        return 0
    if arguments.command == "restored":
        from hejnal_notifier.restored import run_restored

        return run_restored(settings.database_url.get_secret_value(), arguments.act, arguments.announcement_id)
    import uvloop

    from hejnal_notifier.service import run_service

    uvloop.run(run_service(settings))
    return 0


def _dkim_key(arguments: argparse.Namespace) -> int:
    """The record's value alone on standard output, for programs; its name beside it, for people."""
    from hejnal_notifier.channels.dkim import make_dkim_key, record_name

    record = make_dkim_key(arguments.private, arguments.selector, ed25519_key=arguments.ed25519)
    print(f"DNS: a TXT record {record_name(arguments.selector, _sender())} with this value:", file=sys.stderr, flush=True)
    print(record)
    return 0


def _sender() -> str | None:
    """The configured sender of e-mails; None where the settings do not say, as on the machine on which keys are made."""
    from pydantic import ValidationError

    from hejnal_notifier.settings import Settings

    try:
        settings = Settings()
    except ValidationError:
        return None
    return settings.email_from if "email_from" in settings.model_fields_set else None


def _vapid_keys(arguments: argparse.Namespace) -> int:
    from hejnal_notifier.settings import Settings
    from hejnal_notifier.vapid_keys import run_vapid_keys
    from hejnal_runtime.clock import SystemClock

    url = Settings().database_url
    return run_vapid_keys(
        arguments.act,
        arguments.key,
        arguments.private,
        arguments.public,
        SystemClock().now(),
        database_url=url.get_secret_value() if url is not None else None,
        anyway=arguments.anyway,
    )


if __name__ == "__main__":
    sys.exit(main())
