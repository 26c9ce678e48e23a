"""What is remembered of each camera over a restart: a small file, written whole or not at all. Blocking."""

import base64
import contextlib
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger()

_MAX_BYTES = 512 * 1024
_KEPT_S = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Remembered:
    """One camera's state file."""

    state: dict[str, Any]
    references: dict[str, bytes]


class PictureMemory:
    """A folder with a file per camera. It holds pictures of the street: readable by ingest's account alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, camera_id: str, state: dict[str, Any], references: dict[str, bytes]) -> None:
        """Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        pictures = {light: base64.b64encode(picture).decode() for light, picture in references.items()}
        path = self._folder / f"{camera_id}.json"
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"state": state, "references": pictures}, file, separators=(",", ":"))
        part.replace(path)

    def load(self, camera_id: str) -> Remembered | None:
        """None when nothing (readable) is remembered."""
        path = self._folder / f"{camera_id}.json"
        try:
            with path.open("rb") as file:
                document = json.loads(file.read(_MAX_BYTES))  # a larger one is cut, and so unreadable
            references = {light: base64.b64decode(text) for light, text in document["references"].items()}
            return Remembered(dict(document["state"]), references)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("picture_memory_unreadable", camera_id=camera_id, error=repr(error))
            return None

    def forget_old(self) -> None:
        """Cameras that this process has not held for a month; those it holds are written anew every few minutes."""
        before_s = time.time() - _KEPT_S
        for path in self._folder.glob("*.json"):
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < before_s:
                    path.unlink()
