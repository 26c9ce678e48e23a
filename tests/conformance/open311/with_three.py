"""Asks a server by the client `three`, in a process of its own: it was written for Python 2 and needs one name of it back."""

import itertools
import json
import sys

itertools.ifilter = filter  # type: ignore[attr-defined]

from three import Three  # noqa: E402


def main() -> None:
    """What was found, as one line of JSON."""
    url, api_key, number = sys.argv[1:4]
    client = Three(url, api_key=api_key)
    posted = client.post("lighting", address="Polna 3", name="Anna Nowak", email="anna@example.org", description="Lampa.")[0]
    batch = client.post("greenery", lat="51.05", long="20.95", description="Drzewo.")[0]
    found = {
        "endpoints": [one["url"] for one in client.discovery()["endpoints"]],
        "services": len(client.services()),
        "attributes": [one["code"] for one in client.services("road_damage")["attributes"]],
        "request": client.request(number)[0]["service_request_id"],
        "requests": len(
            [one for one in client.requests("lighting") if one["service_request_id"] != posted["service_request_id"]]
        ),
        "posted": posted["service_request_id"],
        "token": client.token(batch["token"])[0]["service_request_id"],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
