"""The runner of every suite counts right, and never calls a failure a success."""

import sys
from pathlib import Path

import pytest

from hejnal_local import test_suites as runner
from hejnal_local.file_sizes import too_long
from hejnal_local.test_suites import Count, Suite
from hejnal_local.workspace import Workspace


def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *known: Suite) -> None:
    monkeypatch.setattr(runner, "suites", lambda _workspace: list(known))
    monkeypatch.setattr(runner.Workspace, "of_this_clone", lambda: Workspace(tmp_path))
    monkeypatch.setattr(runner.signal, "signal", lambda *_: None)


def python(name: str, code: str, **more: object) -> Suite:
    return Suite(name, (sys.executable, "-c", code), quick=True, **more)  # type: ignore[arg-type]


def test_the_last_line_sums_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = "<testsuite><testcase/><testcase/><testcase/><testcase><skipped/></testcase></testsuite>"
    writes = f"import pathlib; pathlib.Path('.cache/test-logs/web.xml').write_text({report!r})"
    use(monkeypatch, tmp_path, python("fine", ""), python("web", writes, count=runner._junit))
    assert runner.main(["quick"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "4 passed, 0 failed, 1 skipped"


def test_a_failure_fails_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, tmp_path, python("bad", "print('the cause'); raise SystemExit(1)"), python("fine", ""))
    assert runner.main(["all"]) == 1
    said = capsys.readouterr().out
    assert "the cause" in said
    assert "failing: bad" in said
    assert said.splitlines()[-1] == "1 passed, 1 failed"


def test_a_suite_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    use(monkeypatch, tmp_path, python("endless", "import time; time.sleep(600)", timeout_s=1))
    assert runner.main(["quick"]) == 1
    assert "ended after 1 s without a result" in capsys.readouterr().out


def test_a_crash_after_good_tests_is_a_failure(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text("<testsuite><testcase/><testcase><failure/></testcase><testcase><skipped/></testcase></testsuite>")
    assert runner._junit(1, "", report) == Count(1, 1, 1)
    assert runner._junit(1, "", tmp_path / "missing") == Count(0, 1)


UNSTEADY = """
import pathlib
def test_good(): pass
def test_first_time_bad():
    mark = pathlib.Path("ran")
    known = mark.exists()
    mark.touch()
    assert known
"""
BROKEN = "def test_good(): pass\ndef test_bad(): assert False, 'the cause'\n"


@pytest.mark.parametrize(
    ("code", "result", "last"),
    [(UNSTEADY, 0, "2 passed, 0 failed"), (BROKEN, 1, "1 passed, 1 failed"), ("import nothing_there", 1, "0 passed, 1 failed")],
    ids=["unsteady", "broken", "not-collected"],
)
def test_what_failed_is_run_again_alone_and_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, result: int, last: str
) -> None:
    (tmp_path / "test_some.py").write_text(code)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    use(monkeypatch, tmp_path, runner._pytest("some", sys.executable, "test_some.py", timeout_s=60))
    assert runner.main(["all"]) == result
    said = capsys.readouterr().out
    assert said.splitlines()[-1] == last
    assert ("unsteady, passed when run again alone: test_some.py::test_first_time_bad" in said) == (result == 0)
    assert ("the cause" in said) == ("test_bad" in said) == (code == BROKEN)


def test_nothing_run_is_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use(monkeypatch, tmp_path, python("left-out", "", needs="missing"))
    assert runner.main(["all"]) == 1


def test_long_files_are_named_and_generated_ones_are_not(tmp_path: Path) -> None:
    import subprocess

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "long.py").write_text("x\n" * 401)
    (tmp_path / "fits.py").write_text("x\n" * 400)
    (tmp_path / "client.d.ts").write_text("// Generated from a document. Do not edit.\n" + "x\n" * 500)
    (tmp_path / "data.json").write_text("x\n" * 500)
    assert too_long(tmp_path) == ["long.py: 401 lines, at most 400 are allowed"]
