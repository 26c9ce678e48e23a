"""`python -m hejnal_recorder serve | migrate | check | compare | keys | openapi`."""

import argparse
import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path


def main() -> int:
    """Run one command; the exit code says whether it went well."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_recorder")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="take footage over and answer the internal API")
    commands.add_parser("migrate", help="bring the database schema to the newest revision")
    openapi = commands.add_parser("openapi", help="write the internal API's OpenAPI document")
    openapi.add_argument("--out", type=Path, help="file to write; standard output without it")
    check = commands.add_parser("check", help="compare index and archive; changes nothing without --repair")
    check.add_argument("--camera", help="only this camera")
    check.add_argument("--repair", action="store_true", help="put right what can be put right without a guess")
    check.add_argument(
        "--archive-is-lost",
        action="store_true",
        help="with --repair: the archive's disk will not come back; record into the new one, what is missing becomes gaps",
    )
    check.add_argument("--hashes", action="store_true", help="read every byte and compare the fragments' SHA-256")
    check.add_argument("--orphans-older-than-s", type=float, default=300, help="younger files without a row are in the making")
    compare = commands.add_parser("compare", help="compare this recorder's index with another one's; changes nothing")
    compare.add_argument("--with", dest="other", required=True, help="database address of the other recorder")
    compare.add_argument("--from", dest="starts_at", type=_instant, help="only from this instant on (ISO 8601 with offset)")
    compare.add_argument("--to", dest="ends_at", type=_instant, help="only up to this instant")
    compare.add_argument("--camera", help="only this camera")
    keys = commands.add_parser("keys", help="the evidence authority: make, rotate, look at")
    keys.add_argument("act", choices=["init", "rotate", "show"])
    keys.add_argument("--folder", type=Path, help="HEJNAL_RECORDER_EXPORT_KEYS_DIR without it")
    arguments = parser.parse_args()
    if arguments.command == "check" and arguments.archive_is_lost and not arguments.repair:
        parser.error("--archive-is-lost changes the index: it needs --repair")

    if arguments.command == "openapi":
        from hejnal_recorder.app import openapi_document

        text = json.dumps(openapi_document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        if arguments.out:
            arguments.out.write_text(text)
        else:
            print(text, end="")
        return 0

    from hejnal_recorder.settings import Settings
    from hejnal_runtime.logs import configure_logging

    settings = Settings()
    configure_logging(settings.service, settings.log_level, json=settings.log_json)
    if arguments.command == "keys":
        from hejnal_recorder.export.keys_command import run_keys

        return run_keys(arguments.act, arguments.folder or settings.export_keys_dir, settings.export_organisation)
    if settings.database_url is None:
        print("HEJNAL_RECORDER_DATABASE_URL is not set: postgresql+asyncpg://user:password@host:port/name", file=sys.stderr)
        return 2
    if arguments.command == "migrate":
        from hejnal_recorder.resources import SCHEMA
        from hejnal_runtime import migrations

        migrations.upgrade(settings.database_url.get_secret_value(), "hejnal_recorder", SCHEMA)
        return 0
    if arguments.command == "check":
        from hejnal_recorder.check_command import run_check

        return asyncio.run(
            run_check(
                settings,
                camera_id=arguments.camera,
                hashes=arguments.hashes,
                orphan_age_s=arguments.orphans_older_than_s,
                repair=arguments.repair,
                archive_is_lost=arguments.archive_is_lost,
            )
        )
    if arguments.command == "compare":
        from hejnal_recorder.standby.compare import run_compare

        return asyncio.run(
            run_compare(
                settings.database_url.get_secret_value(),
                arguments.other,
                starts_at=arguments.starts_at,
                ends_at=arguments.ends_at,
                camera_id=arguments.camera,
            )
        )
    from hejnal_recorder.service import run_service

    asyncio.run(run_service(settings))
    return 0


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise argparse.ArgumentTypeError("give the offset too, e.g. 2026-05-03T12:00:00Z")
    return instant


if __name__ == "__main__":
    sys.exit(main())
