"""Commands of the gateway."""

import argparse
import json
import sys
from pathlib import Path

from hejnal_gateway.app import create_app
from hejnal_gateway.settings import GatewaySettings


def _openapi(arguments: argparse.Namespace) -> None:
    document = json.dumps(create_app(GatewaySettings()).openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    if arguments.out is None:
        print(document, end="")
    else:
        arguments.out.write_text(document, encoding="utf-8")


def main() -> None:
    """Run one command; `--help` lists them."""
    parser = argparse.ArgumentParser(prog="hejnal_gateway", description="Hejnał's staff door")
    commands = parser.add_subparsers(dest="command", required=True)
    openapi = commands.add_parser("openapi", help="print the OpenAPI document")
    openapi.add_argument("--out", type=Path, help="file to write instead")
    openapi.set_defaults(run=_openapi)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
