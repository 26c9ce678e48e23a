"""`python -m hejnal_ingest serve | probe | openapi`."""

import argparse
import gc
import json
import sys
from pathlib import Path


def main() -> int:
    """Run one command; the exit code says whether it went well."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_ingest")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="receive the cameras of this process's leases")
    openapi = commands.add_parser("openapi", help="write the internal API's OpenAPI document")
    openapi.add_argument("--out", type=Path, help="file to write; standard output without it")
    probe = commands.add_parser("probe", help="listen to a camera and say what it does well and what should be set otherwise")
    probe.add_argument("url", help="e.g. rtsp://user:password@10.0.0.7/main")
    probe.add_argument("--seconds", type=float, default=60.0, help="how long to listen")
    probe.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args()

    if arguments.command == "openapi":
        from hejnal_ingest.app import openapi_document

        text = json.dumps(openapi_document(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        if arguments.out:
            arguments.out.write_text(text)
        else:
            print(text, end="")
        return 0

    if arguments.command == "probe":
        from hejnal_ingest.probe.command import run_probe

        text, usable = run_probe(arguments.url, seconds=arguments.seconds, as_json=arguments.json)
        print(text)
        return 0 if usable else 1

    import uvloop

    from hejnal_ingest.resources import SpoolInUseError
    from hejnal_ingest.service import run_service
    from hejnal_ingest.settings import Settings
    from hejnal_runtime.logs import configure_logging

    settings = Settings()
    configure_logging(settings.service, settings.log_level, json=settings.log_json)
    # Modules live as long as the process and pictures are freed by counting: to look for cycles seldom saves much time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    try:
        uvloop.run(run_service(settings))
    except SpoolInUseError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
