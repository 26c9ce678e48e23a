"""Looks for weaknesses and says which stand open.

python -m hejnal_local.scans quick   secrets in files and licences: a second, without network, part of `make check`
python -m hejnal_local.scans all     other people's scanners too, and the page of licences

What is accepted, and why: deploy/security/accepted.yaml. Exit code 1 when anything else is found, or when something was accepted
that is found no more. A scanner that could not ask (no advisories where packages come from) is named, never passed over.
"""

import argparse
import sys
from collections.abc import Callable, Iterable

from hejnal_local.scans import licences, secret_words
from hejnal_local.scans.findings import Finding, accepted_risks, judge
from hejnal_local.scans.tools import NotAskedError, Scanners
from hejnal_local.workspace import Workspace

Scan = Callable[[], Iterable[Finding]]


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 if nothing stands open."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.scans", description=__doc__)
    parser.add_argument("what", choices=("quick", "all"))
    chosen = parser.parse_args(arguments).what
    workspace = Workspace.of_this_clone()
    root = workspace.root
    scans: list[tuple[str, str, Scan]] = [
        (secret_words.TOOL, "secrets in files", lambda: secret_words.scan(root)),
        (licences.TOOL, "licences of dependencies", lambda: licences.scan(root)),
    ]
    if chosen == "all":
        scanners = Scanners(workspace)
        scanners.install()
        scans += [
            ("bandit", "our Python (bandit)", scanners.bandit),
            ("hadolint", "Dockerfile (hadolint)", scanners.hadolint),
            ("checkov", "Dockerfile (checkov)", scanners.checkov_image),
            ("checkov", "chart (checkov)", scanners.checkov_chart),
            ("pip-audit", "advisories, Python (pip-audit)", scanners.pip_audit),
            ("npm-audit", "advisories, npm (npm audit)", scanners.npm_audit),
        ]
        (root / "docs" / "reference" / "licences.md").write_text(licences.table(root), encoding="utf-8")
    return _report(workspace, scans)


def _report(workspace: Workspace, scans: list[tuple[str, str, Scan]]) -> int:
    findings: list[Finding] = []
    silent: list[str] = []
    for tool, title, scan in scans:
        try:
            found = list(scan())
        except NotAskedError as error:
            print(f"  ?  {title}: not asked: {error}", flush=True)
            silent.append(tool)
            continue
        findings += found
        print(f"     {title}: {len(found)}", flush=True)
    ran = {tool for tool, _, _ in scans} - set(silent)
    still_open, unused = judge(findings, accepted_risks(workspace.root), tools=ran)
    for finding in sorted(still_open, key=str):
        print(f"FAIL {finding}")
    for risk in unused:
        print(f"FAIL accepted but found no more, take it out: {risk.tool} {risk.rule} at {risk.place}")
    counts = f"{len(still_open)} open, {len(findings) - len(still_open)} accepted with a reason, {len(silent)} scanners not asked"
    print(f"scan: {counts}")
    return 1 if still_open or unused else 0


if __name__ == "__main__":
    sys.exit(main())
