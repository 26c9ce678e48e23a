"""Other people's scanners, in an environment of their own."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from hejnal_local.scans.findings import Finding, Grade
from hejnal_local.setup import node
from hejnal_local.workspace import Workspace

LOCK = "deploy/security/requirements.lock"
_GRADES: dict[str, Grade] = {"HIGH": "high", "CRITICAL": "critical", "error": "high"}


class NotAskedError(Exception):
    """A scanner could not do its work; the text says why."""


class Scanners:
    """Runs each scanner; its findings, or NotAskedError."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._root = workspace.root
        self._programs = workspace.cache / "scan-tools" / "bin"

    def install(self) -> None:
        """Put the pinned scanners into .cache/scan-tools; nothing when they are there."""
        lock = self._root / LOCK
        stamp, wanted = self._programs.parent / "lock.sha256", hashlib.sha256(lock.read_bytes()).hexdigest()
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return
        print("  … installing the scanners (two to three minutes, once)", flush=True)
        venv: list[str | Path] = [sys.executable, "-m", "venv", "--clear", self._programs.parent]
        subprocess.run(venv, check=True, timeout=300)
        pip: list[str | Path] = [
            self._programs / "python",
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
            "--no-input",
        ]
        subprocess.run([*pip, "--require-hashes", "-r", lock], check=True, timeout=1200)
        stamp.write_text(wanted, encoding="utf-8")

    def bandit(self) -> Iterator[Finding]:
        """Our Python, from medium on."""
        found = self._json([self._programs / "bandit", "-q", "-ll", "-f", "json", "-r", *self._sources()], ok=(0, 1))
        for result in found["results"]:
            grade = _GRADES.get(result["issue_severity"], "medium")
            place = f"{os.path.relpath(result['filename'], self._root)}:{result['line_number']}"
            yield Finding("bandit", result["test_id"], place, result["issue_text"], grade)

    def hadolint(self) -> Iterator[Finding]:
        """The Dockerfile."""
        files = sorted(str(path.relative_to(self._root)) for path in (self._root / "deploy").rglob("Dockerfile*"))
        for result in self._json([self._programs / "hadolint", "-f", "json", *files], ok=(0, 1)):
            grade = _GRADES.get(result["level"], "medium")
            yield Finding("hadolint", result["code"], f"{result['file']}:{result['line']}", result["message"], grade)

    def checkov_image(self) -> Iterator[Finding]:
        """The Dockerfile, by other rules."""
        yield from self._checkov(["-d", "deploy/images", "--framework", "dockerfile"], "deploy/images")

    def checkov_chart(self) -> Iterator[Finding]:
        """The chart as it is rendered with each file of its ci folder."""
        helm = self._workspace.cache / "helm" / "helm"
        if not helm.exists():
            raise NotAskedError("no helm yet: run `make helm-test` first")
        chart, seen = self._root / "helm" / "hejnal", set[tuple[str, str]]()
        for values in sorted((chart / "ci").glob("*.yaml")):
            rendered = self._workspace.cache / "scan" / values.name
            rendered.parent.mkdir(parents=True, exist_ok=True)
            rendered.write_text(self._output([helm, "template", "town", chart, "-n", "hejnal", "-f", values], ok=(0,)), "utf-8")
            for finding in self._checkov(["-f", str(rendered), "--framework", "kubernetes"], "helm/hejnal"):
                if (finding.rule, finding.place) not in seen:
                    seen.add((finding.rule, finding.place))
                    yield finding

    def pip_audit(self) -> Iterator[Finding]:
        """Known weaknesses of the pinned Python packages. Needs a registry that serves advisories."""
        lock = self._root / "requirements.lock"
        found = self._json([self._programs / "pip-audit", "-r", lock, "--no-deps", "--disable-pip", "-f", "json"], ok=(0, 1))
        answered = [one for one in found["dependencies"] if "vulns" in one]
        if not answered:
            raise NotAskedError("the package registry in use serves no advisories")
        for one in answered:
            for weakness in one["vulns"]:
                fixed = ", ".join(weakness["fix_versions"]) or "no release yet"
                yield Finding(
                    "pip-audit", weakness["id"], f"python/{one['name']}", f"{one['version']}; mended in {fixed}", "high"
                )

    def npm_audit(self) -> Iterator[Finding]:
        """The same of the web's packages that reach a browser."""
        environment = {**os.environ, **node.environment(self._workspace)}
        command = ["npm", "audit", "--json", "--omit=dev"]
        found = self._json(command, ok=(0, 1), folder=self._root / "web", environment=environment)
        if "vulnerabilities" not in found:
            raise NotAskedError("the package registry in use serves no advisories")
        grades: dict[str, Grade] = {"critical": "critical", "high": "high"}
        for name, one in found["vulnerabilities"].items():
            yield Finding("npm-audit", "advisory", f"npm/{name}", one["range"], grades.get(one["severity"], "medium"))

    def _checkov(self, arguments: Sequence[str], place: str) -> Iterator[Finding]:
        command: list[str | Path] = [
            self._programs / "checkov",
            *arguments,
            "--skip-download",
            "--compact",
            "--quiet",
            "-o",
            "json",
        ]
        found = self._json(command, ok=(0, 1))
        for result in found.get("results", {}).get("failed_checks", ()):
            yield Finding("checkov", result["check_id"], f"{place} {result['resource']}", result["check_name"])

    def _sources(self) -> list[Path]:
        return [self._workspace.root / folder for folder in self._workspace.source_folders()]

    def _json(self, command: Sequence[str | Path], *, ok: tuple[int, ...], **where: Any) -> Any:
        output = self._output(command, ok=ok, **where)
        try:
            return json.loads(output)
        except ValueError as error:
            raise NotAskedError(f"{Path(command[0]).name} said what is no JSON: {output[:200]}") from error

    def _output(
        self,
        command: Sequence[str | Path],
        *,
        ok: tuple[int, ...],
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> str:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=600, cwd=folder or self._root, env=environment
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise NotAskedError(f"{Path(command[0]).name}: {error}") from error
        if done.returncode not in ok:
            raise NotAskedError(f"{Path(command[0]).name} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
        return done.stdout
