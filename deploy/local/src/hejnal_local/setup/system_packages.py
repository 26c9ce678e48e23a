"""The programs that come from the distribution: what is needed, which package brings it, and how it gets installed."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hejnal_local import postgres
from hejnal_local.setup import go_programs
from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.java import OLDEST_VERSION as OLDEST_JAVA
from hejnal_local.setup.java import find_java

STREET_CAMERA_MODULES = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
"""What the street cameras need of the distribution's own Python."""

WEBRTC_MODULES = (
    "import gi; gi.require_version('GstWebRTC', '1.0'); from gi.repository import Gst, GstWebRTC; "
    "Gst.init(None); assert all(map(Gst.ElementFactory.find, ('webrtcbin', 'nicesrc')))"
)
"""What the WHEP viewer of GStreamer needs of it."""

_GSTREAMER = tuple(f"gstreamer1.0-{part}" for part in ("plugins-base", "plugins-good", "plugins-bad", "plugins-ugly", "libav"))
CNI_PLUGINS = Path("/usr/lib/cni")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


@dataclass(frozen=True, slots=True)
class Need:
    """Something the distribution gives. `lacking` says in words why it has to be installed, None if it is there."""

    purpose: str
    lacking: Callable[[], str | None]
    packages: Callable[[], list[str]]


def needs(profile: str) -> list[Need]:
    """What a profile (`check`, `run`, `test` or `cluster`) needs, in the order it is told."""
    wanted = [Need("Python environments", _lacks_venv, _venv_packages)]
    if profile != "check":
        wanted += [
            Need("Java, for Kafka", _lacks_java, _java_packages),
            Need("Maven, for Kafka's jars", lambda: _lacks_program("mvn"), lambda: ["maven"]),
            Need("PostgreSQL and PostGIS", _lacks_postgres, _postgres_packages),
            Need("ffmpeg, for the cameras' footage", lambda: _lacks_program("ffmpeg"), lambda: ["ffmpeg"]),
            Need("GStreamer's RTSP server, for the street cameras", _lacks_gstreamer, _gstreamer_packages),
        ]
    if profile == "test":
        wanted += [
            Need("Go, for the conformance tests' RTSP server and WHEP viewer", _lacks_go, lambda: ["golang-go"]),
            Need("GStreamer's WebRTC, for the conformance tests", _lacks_webrtc, _webrtc_packages),
            Need("gammu-smsd, for the tests of an SMS modem", lambda: _lacks_program("gammu-smsd"), lambda: ["gammu-smsd"]),
            Need("Chromium, for the end-to-end tests", _lacks_browser, _browser_packages),
            Need("Prometheus, for the tests of alerts and dashboards", _lacks_prometheus, lambda: ["prometheus"]),
            Need("Alertmanager, for the same", _lacks_alertmanager, lambda: ["prometheus-alertmanager"]),
            Need(
                "node_exporter, for the alerts on backups",
                lambda: _lacks_program("prometheus-node-exporter"),
                lambda: ["prometheus-node-exporter"],
            ),
            Need("coturn, for live views through TURN", lambda: _lacks_program("turnserver"), lambda: ["coturn"]),
        ]
    if profile == "cluster":
        wanted += [
            Need("Go, for Kubernetes' control plane", _lacks_go, lambda: ["golang-go"]),
            Need("containerd and runc, for a real node", lambda: _lacks_program("containerd"), lambda: ["containerd", "runc"]),
            Need("CNI's plugins, for its pods", _lacks_cni, lambda: ["containernetworking-plugins"]),
            Need("ip, for its network", lambda: _lacks_program("ip"), lambda: ["iproute2"]),
            Need("iptables, for its kubelet", lambda: _lacks_program("iptables"), lambda: ["iptables"]),
            Need("conntrack, for its kubelet", lambda: _lacks_program("conntrack"), lambda: ["conntrack"]),
        ]
    return wanted


def ensure(profile: str, say: Callable[[str], None]) -> None:
    """Install what is missing, or raise SetupError with the one line to type where that is not ours to do."""
    missing = [(need, reason) for need in needs(profile) if (reason := need.lacking()) is not None]
    if not missing:
        return
    for need, reason in missing:
        say(f"needs {need.purpose}: {reason}")
    if shutil.which("apt-get") is None:
        raise SetupError("this is no Debian or Ubuntu: install the above with your system's own tools, then start again")
    prefix = _privilege()
    if prefix is None:
        raise SetupError(
            "installing system packages needs root. Type this once, then start again:\n"
            f"    sudo apt-get update && sudo apt-get install -y --no-install-recommends {' '.join(_names(missing))}"
        )
    say("fetching the list of system packages")
    run([*prefix, "apt-get", "update", "-q"], step="system packages", timeout_s=600)
    names = _names(missing)
    say(f"installing system packages: {' '.join(names)}")
    install = [
        *prefix,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "install",
        "-q",
        "-y",
        "--no-install-recommends",
        *names,
    ]
    run(install, step="system packages")
    for need, _ in missing:
        still = need.lacking()
        if still is not None:
            raise SetupError(f"{need.purpose}: {still}, although its packages are installed ({' '.join(need.packages())})")


def find_browser() -> str | None:
    """Path of a Chromium, or None. `HEJNAL_CHROMIUM` goes first."""
    chosen = os.environ.get("HEJNAL_CHROMIUM")
    return chosen or next((path for name in BROWSERS if (path := shutil.which(name))), None)


def _names(missing: list[tuple[Need, str]]) -> list[str]:
    return list(dict.fromkeys(name for need, _ in missing for name in need.packages()))


def _privilege() -> list[str] | None:
    """How to run something as root: directly, by sudo, or not at all (None)."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    silent = subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True, timeout=30).returncode == 0
    if silent:
        return ["sudo", "-n"]
    if sys.stdin.isatty() and subprocess.run(["sudo", "-v"], check=False, timeout=300).returncode == 0:  # asks for the password
        return ["sudo", "-n"]
    return None


def _candidate(package: str) -> bool:
    """True if apt can install the package."""
    found = run(["apt-cache", "policy", package], step="system packages", environment={"LC_ALL": "C"}, timeout_s=60)
    return re.search(r"Candidate: (?!\(none\))", found) is not None


def _lacks_program(name: str) -> str | None:
    return None if shutil.which(name) else f"{name} is missing"


def _lacks_venv() -> str | None:
    done = subprocess.run([sys.executable, "-c", "import ensurepip, venv"], check=False, capture_output=True, timeout=60)
    return None if done.returncode == 0 else "this Python cannot make environments (no ensurepip)"


def _venv_packages() -> list[str]:
    return [f"python3.{sys.version_info.minor}-venv"]


def _lacks_java() -> str | None:
    found = find_java()
    if found is None:
        return "no Java is installed"
    return None if found[1] >= OLDEST_JAVA else f"Java {found[1]} is too old, {OLDEST_JAVA} or newer is needed"


def _java_packages() -> list[str]:
    for version in (17, 21, 25):
        if _candidate(f"openjdk-{version}-jre-headless"):
            return [f"openjdk-{version}-jre-headless"]
    raise SetupError(f"this system's packages have no Java {OLDEST_JAVA} or newer: install one and set JAVA_HOME")


def _lacks_postgres() -> str | None:
    try:
        postgres.best_installation()
    except postgres.PostgresError as error:
        return str(error).partition(": install")[0]
    return None


def _postgres_packages() -> list[str]:
    listed = run(["apt-cache", "search", "--names-only", r"^postgresql-[0-9]+-postgis-3$"], step="system packages", timeout_s=60)
    versions = sorted((int(found) for found in re.findall(r"^postgresql-(\d+)-postgis-3 ", listed, re.MULTILINE)), reverse=True)
    for version in versions:
        if version >= postgres.OLDEST_VERSION and _candidate(f"postgresql-{version}"):
            return [f"postgresql-{version}", f"postgresql-{version}-postgis-3"]
    newest = f"only {versions[0]}" if versions else "none"
    raise SetupError(
        f"PostgreSQL {postgres.OLDEST_VERSION} or newer with PostGIS is needed; this system's packages have {newest}"
    )


def _lacks_gstreamer() -> str | None:
    python = Path("/usr/bin/python3")
    if not python.exists():
        return "the system's own Python is missing"
    done = subprocess.run([python, "-c", STREET_CAMERA_MODULES], check=False, capture_output=True, timeout=60)
    return None if done.returncode == 0 else "its Python bindings are missing"


def _gstreamer_packages() -> list[str]:
    return ["gir1.2-gst-rtsp-server-1.0", "python3-gi", *_GSTREAMER]


def _lacks_webrtc() -> str | None:
    done = subprocess.run(["/usr/bin/python3", "-c", WEBRTC_MODULES], check=False, capture_output=True, timeout=60)
    return None if done.returncode == 0 else "webrtcbin, its ICE agent or their Python bindings are missing"


def _webrtc_packages() -> list[str]:
    return ["gir1.2-gst-plugins-bad-1.0", "gstreamer1.0-nice", "gstreamer1.0-plugins-bad", "python3-gi"]


def _lacks_go() -> str | None:
    return None if go_programs.find_go() else "go is missing"


def _lacks_prometheus() -> str | None:
    return _lacks_program("prometheus") or _lacks_program("promtool")


def _lacks_alertmanager() -> str | None:
    return _lacks_program("amtool") or (_lacks_program("prometheus-alertmanager") and _lacks_program("alertmanager"))


def _lacks_cni() -> str | None:
    return None if CNI_PLUGINS.exists() else f"{CNI_PLUGINS} is missing"


def _lacks_browser() -> str | None:
    return None if find_browser() else "no Chromium is installed (set HEJNAL_CHROMIUM if it has another name)"


def _browser_packages() -> list[str]:
    if _candidate("chromium"):
        return ["chromium"]
    raise SetupError(
        "this system's packages have no Chromium (Ubuntu has it as a snap only): install one and set HEJNAL_CHROMIUM to its path"
    )
