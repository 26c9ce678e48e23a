"""The set-up: done once per state of its inputs, and clear words about what is missing or too old."""

from pathlib import Path

import pytest

from hejnal_local.setup import go_programs, java, node, system_packages
from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.stamps import Stamps, files_below, fingerprint
from hejnal_local.workspace import Workspace

NEVER_ASKED = Path("/nowhere")


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_a_step_is_done_again_only_when_its_inputs_or_results_change(tmp_path: Path) -> None:
    stamps, source, result = Stamps(tmp_path / "stamps"), tmp_path / "source", tmp_path / "result"
    source.write_text("one")
    made_for = fingerprint(source, "3.11")
    assert not stamps.is_current("step", made_for)
    stamps.record("step", made_for)
    assert stamps.is_current("step", made_for)
    assert not stamps.is_current("step", made_for, result)
    result.touch()
    assert stamps.is_current("step", made_for, result)
    source.write_text("two")
    assert not stamps.is_current("step", fingerprint(source, "3.11"), result)
    assert fingerprint("ab", "c") != fingerprint("a", "bc")


def test_sources_are_listed_without_what_is_built(tmp_path: Path) -> None:
    for name in ("a/x.ts", "a/dist/y.js", "node_modules/z.js", "b.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    names = [str(path.relative_to(tmp_path)) for path in files_below(tmp_path, without=("dist", "node_modules"))]
    assert names == ["a/x.ts", "b.json"]


def test_a_failing_program_is_quoted(tmp_path: Path) -> None:
    failing = program(tmp_path, "failing", "echo it is broken >&2; exit 3")
    with pytest.raises(SetupError, match=r"the step: .*failing` failed with code 3:\nit is broken"):
        run([failing], step="the step")
    with pytest.raises(SetupError, match="is not installed"):
        run([tmp_path / "missing"], step="the step")


def test_the_newest_java_that_is_new_enough_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "old" / "bin", "java", "echo 'openjdk version \"11.0.2\"' >&2")
    program(tmp_path / "ancient" / "bin", "java", "echo 'java version \"1.8.0_392\"' >&2")
    new = program(tmp_path / "new" / "bin", "java", "echo 'openjdk version \"21.0.4\"' >&2")
    monkeypatch.setattr(java.Path, "glob", lambda *_: iter([new]))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "ancient"))
    monkeypatch.setenv("PATH", str(tmp_path / "old" / "bin"))
    assert java.find_java() == (str(new), 21)
    monkeypatch.setattr(java.Path, "glob", lambda *_: iter([]))
    assert java.find_java() == (str(tmp_path / "old" / "bin" / "java"), 11)
    assert system_packages._lacks_java() == "Java 11 is too old, 17 or newer is needed"
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert system_packages._lacks_java() == "no Java is installed"


def test_without_root_the_one_line_to_type_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    need = system_packages.Need("Java, for Kafka", lambda: "no Java is installed", lambda: ["openjdk-17-jre-headless"])
    monkeypatch.setattr(system_packages, "needs", lambda _profile: [need])
    monkeypatch.setattr(system_packages, "_privilege", lambda: None)
    said: list[str] = []
    with pytest.raises(SetupError, match=r"sudo apt-get update && sudo apt-get install -y .* openjdk-17-jre-headless"):
        system_packages.ensure("run", said.append)
    assert said == ["needs Java, for Kafka: no Java is installed"]


def test_nothing_is_asked_of_apt_when_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    need = system_packages.Need("Java", lambda: None, lambda: ["never"])
    monkeypatch.setattr(system_packages, "needs", lambda _profile: [need])
    monkeypatch.setattr(system_packages, "run", lambda *_, **__: pytest.fail("apt was asked"))
    system_packages.ensure("run", pytest.fail)


def test_a_new_enough_node_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "node", "echo v20.19.2")
    program(tmp_path / "bin", "npm", "echo 10")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    workspace = Workspace(tmp_path)
    node.ensure_node(workspace, Stamps(tmp_path / "stamps"), pytest.fail)
    assert node.environment(workspace) == {}


def test_a_too_old_node_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "node", "echo v18.19.0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    said: list[str] = []
    with pytest.raises(SetupError, match="is not installed"):  # there is no environment to install the other one with
        node.ensure_node(Workspace(tmp_path), Stamps(tmp_path / "stamps"), said.append)
    assert said[0].startswith("Node 18.19 is too old or has no npm, 20.19 or newer is needed")


def test_the_rtsp_server_is_built_once_per_state_of_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, stamps = Workspace(tmp_path), Stamps(tmp_path / "stamps")
    sources = tmp_path / "tests/conformance/rtsp/gortsplib"
    sources.mkdir(parents=True)
    (sources / "main.go").write_text("package main")
    log = tmp_path / "log"
    go = program(tmp_path / "bin", "go", f'echo "$@" in $PWD >> {log}; touch "$3"')
    monkeypatch.setattr(go_programs, "find_go", lambda: str(go))
    said: list[str] = []
    for _ in range(2):
        go_programs.ensure(workspace, stamps, said.append, go_programs.RTSP_SERVER)
    assert len(said) == 1
    assert log.read_text().splitlines() == [f"build -o {go_programs.RTSP_SERVER.path(workspace)} . in {sources}"]
    (sources / "go.sum").write_text("another")
    monkeypatch.setattr(go_programs, "find_go", lambda: None)
    with pytest.raises(SetupError, match="Go has vanished"):
        go_programs.ensure(workspace, stamps, said.append, go_programs.RTSP_SERVER)
