"""`python -m hejnal_recorder keys init | rotate | show`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from hejnal_recorder.export.keys import EvidenceKeys, KeysError, create_keys, fingerprint, load_keys, rotate_keys


def run_keys(act: str, folder: Path | None, organisation: str) -> int:
    """Do it and say which authority now signs; 2 when the folder is not named, 1 when its keys cannot be used."""
    if folder is None:
        print("Say where the keys lie: --folder or HEJNAL_RECORDER_EXPORT_KEYS_DIR", file=sys.stderr)  # noqa: T201 the same
        return 2
    now = datetime.now(UTC)
    try:
        if act == "init":
            keys = create_keys(folder, organisation, now)
        elif act == "rotate":
            keys = rotate_keys(folder, now)
        else:
            keys = load_keys(folder)
    except (KeysError, OSError) as error:
        print(error, file=sys.stderr)  # noqa: T201 the same
        return 1
    print(_words(keys))  # noqa: T201 a command speaks to the person who typed it
    return 0


def _words(keys: EvidenceKeys) -> str:
    def line(what: str, certificate: object) -> str:
        return f"{what}: {certificate}"

    return "\n".join(
        [
            line("authority", keys.root.subject.rfc4514_string()),
            line("  SHA-256 to publish", fingerprint(keys.root)),
            line("  valid until", keys.root.not_valid_after_utc.date()),
            line("signs exports", keys.signing.certificate.subject.rfc4514_string()),
            line("  valid until", keys.signing.certificate.not_valid_after_utc.date()),
            line("stamps times", keys.stamping.certificate.subject.rfc4514_string()),
            line("  valid until", keys.stamping.certificate.not_valid_after_utc.date()),
        ]
    )
