"""Signing a media file with C2PA 2: what it shows, who asked, and that nothing of it was changed."""

import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import c2pa

from hejnal_recorder.export.keys import EvidenceKeys
from hejnal_recorder.export.plan import Mask, Order, PlannedSpan, Stretch
from hejnal_recorder.export.rfc3339 import rfc3339
from hejnal_recorder.export.time_stamp import MOST_BYTES, REPLY_TYPE, TimeStampAuthority
from hejnal_verify.provenance import FOOTAGE, trust_settings
from hejnal_verify.reading import Counted

CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


class SigningError(Exception):
    """c2pa would not sign; the text says why."""


def footage_statement(
    order: Order, camera_id: str, stretch: Stretch, spans: Sequence[PlannedSpan], *, masked: bool
) -> dict[str, Any]:
    """The assertion `pl.hejnal.footage`."""
    hashes = [] if masked else [fragment.sha256 for fragment in stretch.fragments]
    return {
        "export_id": order.export_id,
        "camera_id": camera_id,
        "from": rfc3339(stretch.starts_at),
        "to": rfc3339(stretch.ends_at),
        "fragments": len(hashes),
        "fragments_sha256": hashlib.sha256("".join(hashes).encode()).hexdigest(),
        "gaps": [
            {"from": rfc3339(span.starts_at), "to": rfc3339(span.ends_at), "cause": span.cause}
            for span in spans
            if span.kind == "gap"
        ],
        "masked": masked,
        "requested_by": order.requested_by,
        "reason": order.reason,
        "case_number": order.case_number,
    }


def recorded_claim(name: str, statement: dict[str, Any], when: str, software: dict[str, str]) -> dict[str, Any]:
    """The claim of untouched footage: created by capture."""
    action = {"action": "c2pa.created", "when": when, "softwareAgent": software, "digitalSourceType": CAPTURE}
    return _claim(name, statement, [action], software)


def masked_claim(
    name: str, statement: dict[str, Any], when: str, software: dict[str, str], masks: Sequence[Mask]
) -> dict[str, Any]:
    """The claim of a variant with masked areas; the original is its parent ingredient `original`."""
    areas = [mask.model_dump(mode="json", exclude={"camera_id"}, exclude_none=True) for mask in masks]
    actions = [
        {"action": "c2pa.opened", "when": when, "softwareAgent": software, "parameters": {"ingredientIds": ["original"]}},
        {
            "action": "c2pa.edited",
            "when": when,
            "softwareAgent": software,
            "description": "Areas were made unrecognisable; the picture was encoded anew",
            "parameters": {"pl.hejnal.masks": json.dumps(areas)},
        },
    ]
    return _claim(name, statement, actions, software)


def sign_media(
    source: Path, target: Path, claim: dict[str, Any], keys: EvidenceKeys, *, tsa_url: str | None, original: Path | None = None,
    alive: Callable[[], None] = lambda: None,
) -> bool:  # fmt: skip
    """Write `source`, signed, to `target`; says whether it is time-stamped. `alive` is called while it works.

    Without an authority that answers the file is signed without a stamp. Raises SigningError or OSError.
    """
    for url in dict.fromkeys((tsa_url, None)):
        try:
            _sign(source, target, claim, keys, url, original, alive)
        except c2pa.C2paError as error:
            if url is None:
                raise SigningError(str(error)[:300]) from error
        else:
            return url is not None
    raise AssertionError


def _sign(
    source: Path, target: Path, claim: dict[str, Any], keys: EvidenceKeys, tsa_url: str | None, original: Path | None,
    alive: Callable[[], None],
) -> None:  # fmt: skip
    context = c2pa.Context(c2pa.Settings.from_dict(trust_settings(keys.root_pem)))
    builder = c2pa.Builder(claim, context=context)
    if original is not None:
        with original.open("rb") as parent:
            ingredient = {"title": original.name, "relationship": "parentOf", "label": "original"}
            builder.add_ingredient(json.dumps(ingredient), "video/mp4", parent)
    chain, key = keys.signing.pem.encode(), keys.signing.key_pem.encode()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, key, tsa_url.encode() if tsa_url else None))
    with source.open("rb") as read, target.open("w+b") as written:
        streams = (Counted(one, lambda _: alive()) for one in (read, written))
        builder.sign(signer, "video/mp4", *streams)


@contextmanager
def local_stamping(authority: TimeStampAuthority) -> Iterator[str]:
    """Our own authority at an address that c2pa can ask: loopback, a port of the system's choice, while the block lasts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            if not 0 < size <= MOST_BYTES:
                self.send_error(413)
                return
            answer = authority.answer(self.rfile.read(size))
            self.send_response(200)
            self.send_header("Content-Type", REPLY_TYPE)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Says nothing: standard error is the recorder's log."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _claim(name: str, statement: dict[str, Any], actions: list[dict[str, Any]], software: dict[str, str]) -> dict[str, Any]:
    return {
        "claim_generator_info": [software],
        "title": name,
        "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions.v2", "created": True, "data": {"actions": actions}},
            {"label": FOOTAGE, "created": True, "data": statement},
        ],
    }
