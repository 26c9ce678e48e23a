"""A real Apache Kafka broker on one machine: install from Maven packages, format, start until it answers, stop.

Standard library only, so that the set-up can use it before any Python package is there.
"""

import base64
import contextlib
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from hejnal_local.ports import HOST, free_ports
from hejnal_local.server_process import ServerProcess

RECIPE = Path(__file__).resolve().parents[2] / "kafka"
"""pom.xml, server.properties, secured.properties and log4j2.properties."""

_FLAGS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:-UsePerfData", "-Djava.awt.headless=true")


class KafkaError(RuntimeError):
    """The broker could not be installed, formatted or started; the text says why."""


@dataclass(frozen=True, slots=True)
class Installation:
    """The jars and the class archive below one folder (`.cache/kafka`), and the Java that runs them."""

    folder: Path
    java: str = "java"
    heap_mb: int = 256
    """At most; enough for the town's topics. Some 6,000 partitions do not fit."""

    @property
    def libs(self) -> Path:
        """Folder of the jars."""
        return self.folder / "libs"

    @property
    def archive(self) -> Path:
        """AppCDS archive of the classes a start loads: 0.8 s to the first answer instead of 2 to 3 s."""
        return self.folder / "classes.jsa"

    def install(self, maven: str = "mvn") -> None:
        """Fetch the jars named by pom.xml and build the class archive; nothing to do if both are there for this pom and Java."""
        if self.is_current():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.libs, ignore_errors=True)
        command = [maven, "-B", "-q", "-f", str(RECIPE / "pom.xml"), f"-Dlibs={self.libs}", "package"]
        environment = os.environ | {"JAVA_HOME": str(Path(self.java).resolve().parents[1])} if "/" in self.java else None
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=900, env=environment)
        if done.returncode != 0:
            raise KafkaError(f"Maven could not fetch Kafka's jars:\n{(done.stdout + done.stderr)[-2000:]}")
        self._build_archive()
        self._stamp.write_text(self._fingerprint(), encoding="utf-8")

    def is_current(self) -> bool:
        """True if the jars and the class archive are there for this pom.xml and this Java."""
        return self._stamp.exists() and self._stamp.read_text(encoding="utf-8") == self._fingerprint()

    @property
    def _stamp(self) -> Path:
        return self.folder / "installed"

    def command(self, main: str, *arguments: str, jvm: tuple[str, ...] = ()) -> list[str]:
        """The command line of one of Kafka's programs, for example `kafka.Kafka`."""
        jars = sorted(str(jar) for jar in self.libs.glob("*.jar"))  # the class archive wants the same order every time
        share = [f"-XX:SharedArchiveFile={self.archive}"] if self.archive.exists() else []
        logging = f"-Dlog4j2.configurationFile={RECIPE / 'log4j2.properties'}"
        heap = ("-Xms64m", f"-Xmx{self.heap_mb}m")
        return [self.java, *heap, *_FLAGS, *share, "-Xshare:auto", *jvm, logging, "-cp", ":".join(jars), main, *arguments]

    def _fingerprint(self) -> str:
        version = subprocess.run([self.java, "-version"], check=True, capture_output=True, text=True, timeout=60).stderr
        return (RECIPE / "pom.xml").read_text(encoding="utf-8") + version

    def _build_archive(self) -> None:
        self.archive.unlink(missing_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            broker = Broker(self, Path(folder), *free_ports(2))
            broker.start(jvm=(f"-XX:ArchiveClassesAtExit={self.archive}",))
            broker.stop(timeout_s=60)


@dataclass(frozen=True, slots=True)
class Secured:
    """What makes a broker ask for TLS and a password: its certificates, and a port for itself and the administrator."""

    certificates: Path
    """Folder with kafka.pem (key and certificate, CN=kafka), administrator.pem and ca.pem."""
    internal_port: int

    def tls(self) -> ssl.SSLContext:
        """How the administrator connects to the internal port."""
        context = ssl.create_default_context(cafile=self.certificates / "ca.pem")
        context.load_cert_chain(self.certificates / "administrator.pem")
        return context


class Broker:
    """One broker with its own folder and ports. `prepare` and `command` serve a supervisor, `start` and `stop` a test.

    With `secured` its port speaks TLS and wants a user; without, anybody on this machine may do anything.
    """

    def __init__(
        self, installation: Installation, folder: Path, port: int, controller_port: int, *, secured: Secured | None = None
    ) -> None:
        self._secured = secured
        self._installation = installation
        self._folder = folder.absolute()
        self._port = port
        self._controller_port = controller_port
        self._process = ServerProcess("Kafka", self.log_file, KafkaError)

    @property
    def bootstrap(self) -> str:
        """What clients connect to, `host:port`."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int | None:
        """Pid of the broker started by `start`, None when it does not run."""
        return self._process.pid

    @property
    def log_file(self) -> Path:
        """What the broker said."""
        return self._folder / "broker.log"

    def prepare(self) -> None:
        """Write the configuration, and format the data folder the first time."""
        data = self._folder / "data"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._configuration(data), encoding="utf-8")
        if (data / "meta.properties").exists():
            return
        shutil.rmtree(data, ignore_errors=True)  # a format that was interrupted
        arguments = ("format", *self._membership(), "-c", str(self._properties))
        command = self._installation.command("kafka.tools.StorageTool", *arguments)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise KafkaError(f"Kafka's data folder could not be formatted:\n{(done.stdout + done.stderr)[-2000:]}")

    def _membership(self) -> tuple[str, ...]:
        """How a new data folder is formatted: for a cluster of one node."""
        return ("--standalone", f"--cluster-id={new_id()}")

    def _configuration(self, data: Path) -> str:
        properties = (RECIPE / "server.properties").read_text(encoding="utf-8")
        marks = {"@PORT@": self._port, "@CONTROLLER_PORT@": self._controller_port, "@DATA@": data}
        if self._secured is not None:
            properties = changed(properties, (RECIPE / "secured.properties").read_text(encoding="utf-8"))
            marks |= {"@INTERNAL_PORT@": self._secured.internal_port, "@CERTIFICATES@": self._secured.certificates}
        for mark, value in marks.items():
            properties = properties.replace(mark, str(value))
        return properties

    def answers(self) -> bool:
        """True when the broker serves requests."""
        if self._secured is None:
            return answers(self._port)
        return answers(self._secured.internal_port, self._secured.tls())

    def command(self, jvm: tuple[str, ...] = ()) -> list[str]:
        """The command that runs the broker in the foreground; it ends cleanly on SIGTERM."""
        return self._installation.command("kafka.Kafka", str(self._properties), jvm=jvm)

    def start(self, timeout_s: float = 60, jvm: tuple[str, ...] = ()) -> None:
        """Return when the broker answers requests. Raises KafkaError with the end of its log if it does not.

        It ends with this process, so that a killed test run leaves none behind.
        """
        self.prepare()
        command = ["setpriv", "--pdeathsig=TERM", *self.command(jvm)]
        self._process.start(command, self.answers, folder=self._folder, timeout_s=timeout_s)

    def stop(self, timeout_s: float = 30) -> None:
        """End the broker cleanly; after the time limit by force."""
        self._process.stop(timeout_s)

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        self._process.kill()

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"


def new_id() -> str:
    """A cluster's or folder's id as Kafka writes them. May begin with "-": give it to a tool as `--name=value`."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()


def changed(properties: str, changes: str) -> str:
    """The lines of a properties file, those that `changes` names replaced by its own."""
    names = {line.partition("=")[0] for line in changes.splitlines()}
    kept = [line for line in properties.splitlines() if line.partition("=")[0] not in names]
    return "\n".join([*kept, changes])


def answers(port: int, tls: ssl.SSLContext | None = None) -> bool:
    """True when a broker serves requests on the port: it replies to ApiVersions v0 (Kafka protocol guide)."""
    request = struct.pack(">hhih", 18, 0, 1, 5) + b"probe"
    try:
        with contextlib.ExitStack() as open_:
            connection = open_.enter_context(socket.create_connection((HOST, port), 0.5))
            connection.settimeout(1)
            if tls is not None:
                connection = open_.enter_context(tls.wrap_socket(connection, server_hostname=HOST))
            connection.sendall(struct.pack(">i", len(request)) + request)
            return len(connection.recv(4)) == 4
    except OSError:
        return False
