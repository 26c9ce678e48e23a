"""Examine any GeoReport v2 server: `python -m tests.conformance.open311 URL [--api-key … --lat … --long …]`."""

import argparse
import sys

from tests.conformance.open311.checks import READING, WRITING, run
from tests.conformance.open311.peer import Peer


def main() -> None:
    """Print one line per check; end with 1 when a server deviates."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.open311", description=__doc__)
    parser.add_argument("url", help="where services.json lies, e.g. http://localhost:8080/open311/v2")
    parser.add_argument("--api-key", help="with it reports are SENT; use it at test servers only")
    parser.add_argument("--jurisdiction")
    parser.add_argument("--lat", type=float, help="a place in the town")
    parser.add_argument("--long", type=float)
    given = parser.parse_args()
    peer = Peer(given.url.rstrip("/"), given.api_key, given.jurisdiction, given.lat, given.long)
    found = run(peer)
    writes = None not in (given.api_key, given.lat, given.long)
    for check in (*(WRITING if writes else ()), *READING):
        sys.stdout.write(
            f"{'deviates' if check.__name__ in found else 'conforms'}  {check.__name__}  {found.get(check.__name__, '')}\n"
        )
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
