"""A real Zipkin server for the tests of traces: install from Maven, start until it answers, ask, stop."""

import json
import os
import shutil
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hejnal_local.ports import HOST, free_ports
from hejnal_local.server_process import ServerProcess

RECIPE = Path(__file__).resolve().parents[2] / "zipkin" / "pom.xml"
_FLAGS = ("-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Djava.awt.headless=true")


class ZipkinError(RuntimeError):
    """Zipkin could not be installed or started; the text says why."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The server's jar below one folder (`.cache/zipkin`), and the Java that runs it."""

    folder: Path
    java: str = "java"

    @property
    def jar(self) -> Path:
        """The whole server."""
        return self.folder / "libs" / "zipkin.jar"

    def is_current(self) -> bool:
        """True if the jar is there for this pom.xml."""
        stamp = self.folder / "installed"
        return self.jar.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == RECIPE.read_text(encoding="utf-8")

    def install(self, maven: str = "mvn") -> None:
        """Fetch the jar named by pom.xml; nothing to do if it is there."""
        if self.is_current():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        command = [maven, "-B", "-q", "-f", str(RECIPE), f"-Dlibs={self.jar.parent}", "package"]
        environment = os.environ | {"JAVA_HOME": str(Path(self.java).resolve().parents[1])} if "/" in self.java else None
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900, env=environment)
        if done.returncode != 0:
            raise ZipkinError(f"Maven could not fetch Zipkin:\n{(done.stdout + done.stderr)[-2000:]}")
        (self.folder / "installed").write_text(RECIPE.read_text(encoding="utf-8"), encoding="utf-8")


class Zipkin:
    """One server that keeps spans in memory, on a port of its own of the loopback address."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._installation = installation
        self._folder = folder
        self._port = free_ports(1)[0]
        self._process = ServerProcess("Zipkin", folder / "zipkin.log", ZipkinError)

    @property
    def endpoint(self) -> str:
        """Where spans are sent to (Zipkin's JSON, version 2)."""
        return f"http://{HOST}:{self._port}/api/v2/spans"

    def start(self, timeout_s: float = 90) -> None:
        """Return when it answers. It ends with this process."""
        port = {"ip": HOST, "port": str(self._port), "protocols[0]": "http"}
        given = [f"--armeria.ports[0].{name}={value}" for name, value in port.items()]
        self._folder.mkdir(parents=True, exist_ok=True)
        java = [self._installation.java, *_FLAGS, "-jar", str(self._installation.jar), *given]
        command = ["setpriv", "--pdeathsig=TERM", *java]
        self._process.start(command, self._answers, folder=self._folder, timeout_s=timeout_s, look_every_s=0.2)

    def stop(self, timeout_s: float = 15) -> None:
        """End it; after the time limit by force."""
        self._process.stop(timeout_s)

    def trace(self, trace_id: str) -> list[dict[str, Any]]:
        """The spans of a trace that have come so far; empty while there are none."""
        return next((spans for spans in self.traces() if spans and spans[0]["traceId"] == trace_id), [])

    def traces(self) -> list[list[dict[str, Any]]]:
        """Everything that was sent."""
        found: list[list[dict[str, Any]]] = json.loads(self._get("/api/v2/traces?limit=10000&lookback=86400000"))
        return found

    def _answers(self) -> bool:
        try:
            self._get("/health")
        except OSError:
            return False
        return True

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"http://{HOST}:{self._port}{path}", timeout=5) as answer:
            content: bytes = answer.read()
        return content
