"""Runs every suite, one after the other, tells how each went, and closes with one line: how many passed and failed.

python -m hejnal_local.test_suites quick      what needs no servers, no browser and no Node
python -m hejnal_local.test_suites all        everything
python -m hejnal_local.test_suites NAME …     only these suites

A test that fails is run once more, alone: with thousands of tests beside real servers one may be starved on a busy machine.
What passes then counts as passed and is named as unsteady, so that it is seen and mended.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

from hejnal_local import kafka, postgres
from hejnal_local.ports import free_ports
from hejnal_local.setup import node
from hejnal_local.setup.java import find_java
from hejnal_local.workspace import Workspace

_WITHOUT_SERVERS = "not kafka and not postgres and not browser and not slow"
_SHOWN_LINES = 60
_CAUSE_LINES = 8
_PLACE, _OF_OTHERS = re.compile(r"\.(py|tsx?):\d+"), re.compile(r"site-packages|node_modules")
_MOST_UNSTEADY = 8
"""More failures than this have a cause of their own: they are not run again."""
_SECOND_RUN_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Count:
    """How many tests of a suite went which way; a check that is no test counts as one."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else "")


@dataclass(frozen=True, slots=True)
class Suite:
    """One program to run. `count` reads its result, given its exit code, its output and the place of its report."""

    name: str
    command: tuple[str, ...]
    folder: str = "."
    timeout_s: int = 900
    quick: bool = False
    count: Callable[[int, str, Path], Count] = lambda code, _output, _report: Count(1) if code == 0 else Count(0, 1)
    needs: str = ""
    """Left out if this path is not there."""
    again: Callable[[list[str]], tuple[str, ...]] | None = None
    """The command that runs the failed tests (file::name) once more; nothing if this suite is not run again."""


def suites(workspace: Workspace) -> list[Suite]:
    """Every suite in the order it runs, the fast and telling ones first."""
    programs, python = workspace.venv / "bin", str(workspace.python)
    rooms = ("libs", "services", "deploy/local", "deploy/backup", "deploy/monitoring", "tests")
    tested = [name for name in rooms if (workspace.root / name).exists()]
    return [
        Suite("ruff", (str(programs / "ruff"), "check", "."), quick=True),
        Suite("format", (str(programs / "ruff"), "format", "--check", "."), quick=True),
        Suite("types", (python, "-m", "mypy"), quick=True),
        Suite("imports", (str(programs / "lint-imports"),), quick=True),
        Suite("file-sizes", (python, "-m", "hejnal_local.file_sizes"), quick=True),
        Suite("generated", (python, "-m", "hejnal_local.generated", "check"), quick=True),
        Suite("scan", (python, "-m", "hejnal_local.scans", "quick"), quick=True),
        _pytest("unit", python, *tested, "-m", _WITHOUT_SERVERS, "-n", "2", "--dist", "loadfile", quick=True, timeout_s=600),
        Suite("helm", ("deploy/local/helm-test",), needs="deploy/local/helm-test"),
        Suite("web-clients", ("npm", "run", "generate"), "web"),
        Suite("web-lint", ("npm", "run", "lint"), "web"),
        Suite("web-types", ("npm", "run", "typecheck"), "web"),
        _vitest("web-unit", "web"),
        Suite("web-build", ("npm", "run", "build"), "web"),
        _pytest(
            "integration", python, *tested, "-m", f"not ({_WITHOUT_SERVERS}) and not browser",
            "-n", "2", "--dist", "loadfile", timeout_s=1800,
        ),
        _pytest(
            "browser", python, *tested, "--ignore", "tests/e2e", "-m", "browser",
            "-n", "2", "--dist", "loadfile", timeout_s=1500,
        ),
        # By itself: it drives the browser synchronously, which leaves no room for the others' loops in its process.
        _pytest("end-to-end", python, "tests/e2e", timeout_s=900),
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Exit code 0 if everything passed."""
    workspace = Workspace.of_this_clone()
    known = suites(workspace)
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.test_suites", description=__doc__)
    parser.add_argument("chosen", nargs="+", choices=("quick", "all", *(suite.name for suite in known)))
    chosen = parser.parse_args(arguments).chosen
    wanted = [suite for suite in known if "all" in chosen or suite.name in chosen or ("quick" in chosen and suite.quick)]
    wanted = [suite for suite in wanted if not suite.needs or (workspace.root / suite.needs).exists()]
    logs = workspace.cache / "test-logs"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # ends the servers on the way out
    total, failing, unsteady = Count(), list[str](), list[str]()
    with contextlib.ExitStack() as stack:
        environment = {**os.environ, **node.environment(workspace), "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "CI": "true"}
        environment.pop("FORCE_COLOR", None)
        for suite in wanted:
            if suite.name == "integration":
                environment |= stack.enter_context(_servers(workspace))
            count = _run(suite, workspace, logs, environment)
            bad = list(_failed(logs / f"{suite.name}.xml"))
            if suite.again and bad and count.failed <= _MOST_UNSTEADY:
                count, bad, passed_now = _run_again(suite, count, workspace, logs, environment)
                unsteady += passed_now
            total += count
            if count.failed:
                failing.append(" ".join([suite.name, *bad]))
    if failing:
        print(f"\nfailing: {', '.join(failing)}; the whole output is in {logs}", flush=True)
    if unsteady:
        print("\nunsteady, passed when run again alone: " + ", ".join(unsteady), flush=True)
    print(f"\n{total}", flush=True)
    return 1 if total.failed or not total.passed else 0


def _run(suite: Suite, workspace: Workspace, logs: Path, environment: dict[str, str]) -> Count:
    print(f"  … {suite.name}", flush=True)
    began = time.monotonic()
    report = logs / f"{suite.name}.xml"
    code, output = _output_of(suite, suite.command, report, suite.timeout_s, workspace, environment)
    count = suite.count(code, output, report)
    if code != 0 and not count.failed:
        count += Count(0, 1)
    mark = "FAIL" if count.failed else " ok "
    print(f"{mark} {suite.name:<12} {count}  ({time.monotonic() - began:.0f} s)", flush=True)
    if count.failed:
        _show(report, output)
    return count


def _run_again(
    suite: Suite, first: Count, workspace: Workspace, logs: Path, environment: dict[str, str]
) -> tuple[Count, list[str], list[str]]:
    """What a suite counts after its failed tests had a second run; those that failed in it too; those that passed."""
    print(f"  … {suite.name}: what failed, once more and alone", flush=True)
    assert suite.again is not None
    report = logs / f"{suite.name}.again.xml"
    before = set(_failed(logs / f"{suite.name}.xml"))
    command = suite.again(sorted(before))
    code, output = _output_of(suite, command, report, _SECOND_RUN_TIMEOUT_S, workspace, environment)
    still = set(_failed(report))
    count = suite.count(code, output, report)
    if code != 0:
        _show(report, output)
    ran = count.passed + count.failed
    passed_now = sorted(before - still) if report.exists() and ran >= len(before) and code in (0, 1) else []
    failed = len(before) - len(passed_now) if before else first.failed
    print(f"{'FAIL' if failed else ' ok '} {suite.name:<12} {len(passed_now)} of {len(before)} passed", flush=True)
    return Count(first.passed + len(passed_now), failed, first.skipped), sorted(before - set(passed_now)), passed_now


def _output_of(
    suite: Suite, command: tuple[str, ...], report: Path, timeout_s: int, workspace: Workspace, environment: dict[str, str]
) -> tuple[int, str]:
    """Exit code (-1 for one that did not end in time) and all that was said, which the log beside the report keeps."""
    log = report.with_suffix(".log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [part.replace("@REPORT@", str(report)).replace("@LOGS@", str(report.parent)) for part in command],
            cwd=workspace.root / suite.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            code = -1
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever a suite has left running
            process.wait()
    output = log.read_text(encoding="utf-8", errors="replace")
    return code, output + f"\nended after {timeout_s} s without a result" if code == -1 else output


def _show(report: Path, output: str) -> None:
    """What failed with the first lines of each cause, or the end of the output of a suite that names no tests."""
    lines = list[str]()
    for name, (cause, place) in _failed(report).items():
        said = [line for line in cause.splitlines() if line.strip()]
        lines += [f"failed: {name}", *(f"    {line}" for line in [*said[:_CAUSE_LINES], place])]
    print("\n".join("       " + line for line in lines or output.splitlines()[-_SHOWN_LINES:]), flush=True)


@contextlib.contextmanager
def _servers(workspace: Workspace) -> Iterator[dict[str, str]]:
    """One Kafka and one PostgreSQL for all suites, unless the environment names running ones."""
    named = {name: os.environ[name] for name in ("HEJNAL_TEST_KAFKA", "HEJNAL_TEST_POSTGRES") if os.environ.get(name)}
    if len(named) == 2:
        yield named
        return
    folder = workspace.cache / "test-servers"
    shutil.rmtree(folder, ignore_errors=True)
    java = find_java()
    # each of a thousand tests leaves its topics behind
    installation = kafka.Installation(workspace.cache / "kafka", java[0] if java else "java", heap_mb=1024)
    ports = free_ports(3)
    broker = kafka.Broker(installation, folder / "kafka", ports[0], ports[1])
    database = postgres.Server(folder / "postgres", ports[2], durable=False)
    print("  … starting Kafka and PostgreSQL for the tests", flush=True)
    try:
        broker.start()
        database.start()
        yield {"HEJNAL_TEST_KAFKA": broker.bootstrap, "HEJNAL_TEST_POSTGRES": database.admin_url}
    finally:
        broker.stop()
        database.stop()
        database.forget()
        shutil.rmtree(folder, ignore_errors=True)


def _pytest(name: str, python: str, *arguments: str, quick: bool = False, timeout_s: int) -> Suite:
    command = (
        python,
        "-m",
        "pytest",
        "-q",
        "-o",
        f"cache_dir=@LOGS@/{name}.cache",
        "-o",
        "junit_family=xunit1",
        "--junitxml=@REPORT@",
        *arguments,
    )
    alone = (*command, "-n", "0", "--last-failed", "--last-failed-no-failures", "none")
    return Suite(name, command, count=_junit, quick=quick, timeout_s=timeout_s, again=lambda _failed: alone)


def _vitest(name: str, folder: str) -> Suite:
    """Its second run takes the whole files of what failed: vitest chooses tests by patterns, not by names."""
    command = ("npx", "vitest", "run", "--reporter=default", "--reporter=junit", "--outputFile.junit=@REPORT@")
    return Suite(
        name,
        command,
        folder,
        count=_junit,
        again=lambda failed: (*command, "--no-file-parallelism", *sorted({test.split("::")[0] for test in failed})),
    )


def _junit(code: int, _output: str, report: Path) -> Count:
    if code == 5 or not report.exists():  # 5: pytest found no test
        return Count(0, 0 if code == 5 else 1)
    passed = failed = skipped = 0
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 -- our own report
        outcomes = {child.tag for child in case}
        failed += bool(outcomes & {"failure", "error"})
        skipped += "skipped" in outcomes
        passed += not outcomes & {"failure", "error", "skipped"}
    return Count(passed, failed, skipped)


def _failed(report: Path) -> dict[str, tuple[str, str]]:
    """The tests that failed by a report, as file::name, each with its cause and the place in the code."""
    if not report.exists():
        return {}
    bad = dict[str, tuple[str, str]]()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 -- our own report
        for child in case:
            if child.tag in ("failure", "error"):
                text = (child.text or "").strip()
                name = f"{case.get('file') or case.get('classname')}::{case.get('name')}"
                places = [line.strip() for line in text.splitlines() if _PLACE.search(line) and not _OF_OTHERS.search(line)]
                bad[name] = child.get("message") or text, places[-1] if places else ""
    return bad


if __name__ == "__main__":
    sys.exit(main())
