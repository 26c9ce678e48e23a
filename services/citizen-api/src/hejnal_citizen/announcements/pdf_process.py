"""A process of its own in which one PDF from outside is opened: `python -m … SOURCE TARGET`, one JSON line to standard output.

What could act when the file is opened is refused, the rest is written anew by QPDF: nothing before the header or after the end of
the file survives. It has little memory, no secrets in its environment, and writes only the file it is told to.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import pikepdf

MOST_PAGES = 200
MEMORY_BYTES = 1024**3
CPU_S = 15
_ACTING = frozenset(
    {
        "/JavaScript",
        "/JS",
        "/Launch",
        "/EmbeddedFile",
        "/EmbeddedFiles",
        "/RichMedia",
        "/XFA",
        "/ImportData",
        "/SubmitForm",
        "/GoToE",
    }
)
"""Scripts, programs, files within the file, media players, forms that send (ISO 32000-1 §7.11.4, §12.6.4)."""
_KINDS = ("/S", "/Type", "/Subtype")


class RefusedError(Exception):
    """The file is not a PDF we take; the argument is the problem's slug."""


def rewrite(source: Path, target: Path) -> dict[str, Any]:
    """Write what can only be read to `target`; the number of pages."""
    if not source.read_bytes()[:5] == b"%PDF-":
        raise RefusedError("attachment-unreadable")
    try:
        with pikepdf.open(source) as document:
            if document.is_encrypted:
                raise RefusedError("pdf-encrypted")
            pages = len(document.pages)
            if not 1 <= pages <= MOST_PAGES:
                raise RefusedError("pdf-too-long" if pages else "attachment-unreadable")
            for thing in document.objects:
                _require_still(thing)
            for name in ("/OpenAction", "/AA"):
                if name in document.Root:
                    del document.Root[name]
            if "/Author" in document.docinfo:
                del document.docinfo["/Author"]
            document.save(target, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    except pikepdf.PasswordError as error:
        raise RefusedError("pdf-encrypted") from error
    return {"pages": pages}


def _require_still(thing: Any, depth: int = 0) -> None:
    """Refuse an object that does something, or holds one directly; the indirect ones are looked at by themselves."""
    if depth > 50:
        raise RefusedError("attachment-unreadable")
    if isinstance(thing, pikepdf.Array):
        for item in thing:
            if not getattr(item, "is_indirect", False):
                _require_still(item, depth + 1)
        return
    if not isinstance(thing, pikepdf.Dictionary | pikepdf.Stream):
        return
    for key in thing.keys():  # noqa: SIM118 a stream is not iterable by itself
        value = thing.get(key)
        if key in _ACTING or (key in _KINDS and isinstance(value, pikepdf.Name) and str(value) in _ACTING):
            raise RefusedError("pdf-acts")
        if not getattr(value, "is_indirect", False):
            _require_still(value, depth + 1)


def main() -> None:
    """Do one job."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = rewrite(Path(sys.argv[1]), Path(sys.argv[2]))
    except RefusedError as refusal:
        answer = {"refused": str(refusal)}
    except Exception as error:  # noqa: BLE001 whatever a hostile file makes a parser raise
        answer = {"refused": "attachment-unreadable", "reason": f"{type(error).__name__}: {error}"[:200]}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
