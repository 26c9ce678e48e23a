"""The C2PA signature inside a media file. Only what the given authority vouches for counts as trusted."""

import json
from dataclasses import dataclass
from typing import Any, BinaryIO

import c2pa

TRUST_PURPOSES = "1.3.6.1.4.1.62558.2.1\n1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.8\n"
"""Key purposes that are accepted: C2PA claim signing, e-mail protection, document signing, time stamping."""
FOOTAGE = "pl.hejnal.footage"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the file says of itself, and whether that holds."""

    state: str
    """`Trusted`, or what c2pa calls it otherwise; only `Trusted` is good."""
    failures: tuple[str, ...]
    footage: dict[str, Any] | None
    stamped: bool


def trust_settings(anchors_pem: str) -> dict[str, Any]:
    """c2pa settings: trust these anchors and nothing else, never ask the network."""
    return {
        "version": 1,
        "verify": {
            "verify_trust": True,
            "verify_timestamp_trust": True,
            "remote_manifest_fetch": False,
            "ocsp_fetch": False,
            "verify_after_sign": False,
        },
        "core": {"backing_store_memory_threshold_in_mb": 16},  # the default keeps up to 512 MB of a file in memory
        "builder": {"thumbnail": {"enabled": False}},
        "trust": {"user_anchors": anchors_pem, "trust_config": TRUST_PURPOSES},
    }


def read_provenance(file: BinaryIO, anchors_pem: str) -> Provenance:
    """Check the C2PA manifest of an MP4 stream against its bytes. Never raises for what is in the file."""
    settings = trust_settings(anchors_pem)
    settings["core"] |= {"allowed_network_hosts": []}
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
        with c2pa.Reader("video/mp4", file, context=context) as reader:
            document = json.loads(reader.json())
            state = str(reader.get_validation_state() or "unknown")
    except c2pa.C2paError as error:
        return Provenance("unreadable", (str(error)[:200],), None, stamped=False)
    results = document.get("validation_results", {}).get("activeManifest", {})
    failures = tuple(str(one.get("code")) for one in results.get("failure", []))
    successes = {str(one.get("code")) for one in results.get("success", [])}
    active = document.get("manifests", {}).get(document.get("active_manifest"), {})
    footage = next((one.get("data") for one in active.get("assertions", []) if one.get("label") == FOOTAGE), None)
    return Provenance(state, failures, footage, stamped="timeStamp.validated" in successes)
