"""`hejnal-verify PACKAGE…`: 0 all is as it was signed, 1 something is not, 2 it cannot be checked."""

import argparse
import json
import sys
from pathlib import Path

from hejnal_verify.findings import Report
from hejnal_verify.package import verify_package
from hejnal_verify.reading import NotAPackageError


def main(arguments: list[str] | None = None) -> int:
    """Check packages; the exit code is the worst of them."""
    parser = argparse.ArgumentParser(prog="hejnal-verify", description="Checks footage that was exported by Hejnał.")
    parser.add_argument("package", type=Path, nargs="+", help="the zip, or the folder it was unpacked to")
    parser.add_argument("--ca", type=Path, help="the town's authority (ca.pem), got from the town itself, not from the package")
    parser.add_argument("--fingerprint", help="SHA-256 of the town's authority, as the town publishes it (hex, colons allowed)")
    parser.add_argument("--json", action="store_true", help="one JSON document per package")
    chosen = parser.parse_args(arguments)
    worst = 0
    for path in chosen.package:
        try:
            anchor = chosen.ca.read_bytes() if chosen.ca else None
            report = verify_package(path, anchor_pem=anchor)
        except (NotAPackageError, OSError) as error:
            worst = 2
            print(json.dumps({"good": False, "subject": path.name, "error": str(error)}) if chosen.json else f"{path}: {error}")
            continue
        wanted = (chosen.fingerprint or "").replace(":", "").strip().lower()
        if wanted and wanted != report.anchor_sha256:
            report.add("authority-other", "ca.pem", "the authority's fingerprint is not the one given")
        elif wanted:
            report.anchor_from = "fingerprint"
            report.notes = [note for note in report.notes if "fingerprint" not in note]
        worst = max(worst, 0 if report.good else 1)
        print(json.dumps(report.document(), ensure_ascii=False) if chosen.json else _words(report))
    return worst


def _words(report: Report) -> str:
    verdict = "GOOD: everything is as it was signed" if report.good else f"NOT AS SIGNED: {len(report.findings)} findings"
    lines = [f"{report.subject}: {verdict}"]
    lines += [f"  {finding.sentence()}" for finding in report.findings]
    lines.append(f"  {report.files} media files, {report.fragments} fragments; case {report.case_number or 'unknown'}")
    lines.append(f"  signed by {report.signer or 'nobody we trust'}; time stamp: {report.signed_at or 'none'}")
    lines.append(f"  authority ({report.anchor_from}) SHA-256 {report.anchor_sha256}")
    lines += [f"  note: {note}" for note in report.notes]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
