"""Waits until the town can do its work, and says meanwhile what it is waiting for."""

import json
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

_LOOK_EVERY_S = 0.25
_SAY_EVERY_S = 2.0


class NotReadyError(RuntimeError):
    """Something did not become ready; the text says what and why."""


def wait_until_ready(
    doors: Mapping[str, str],
    failed: Callable[[], dict[str, str]],
    say: Callable[[str], None],
    *,
    timeout_s: float = 120,
) -> None:
    """Return when each of `doors` is ready: by name, the address of a health page, or `tcp://host:port` of what has none.

    `failed` names programs that cannot be started at all, with the reason. Raises NotReadyError for those or after the limit.
    """
    deadline = time.monotonic() + timeout_s
    said, said_at = "", 0.0
    while True:
        waiting = {name: reason for name, url in doors.items() if (reason := why_not_ready(url)) is not None}
        if not waiting:
            return
        text = ", ".join(f"{name} ({reason})" for name, reason in waiting.items())
        broken = failed()
        if broken:
            raise NotReadyError("\n".join(f"{name} cannot be started: {reason}" for name, reason in broken.items()))
        if time.monotonic() > deadline:
            raise NotReadyError(f"not ready after {timeout_s:.0f} s: {text}")
        if text != said and time.monotonic() - said_at > _SAY_EVERY_S:
            say(f"waiting for: {text}")
            said, said_at = text, time.monotonic()
        time.sleep(_LOOK_EVERY_S)


def why_not_ready(address: str) -> str | None:
    """None if the program at this address is ready, else the reason in its own words."""
    place = urlsplit(address)
    try:
        if place.scheme == "tcp":
            socket.create_connection((str(place.hostname), int(place.port or 0)), 2).close()
            return None
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 -- our own loopback address
            answer.read()
            return None
    except urllib.error.HTTPError as error:
        return _reasons(error.read())
    except (OSError, TimeoutError):
        return "not listening yet"


def _reasons(body: bytes) -> str:
    try:
        checks: dict[str, Any] = json.loads(body)["checks"]
    except (ValueError, KeyError, TypeError):
        return "not ready"
    return "; ".join(f"{name}: {finding}" for name, finding in checks.items() if finding) or "not ready"
