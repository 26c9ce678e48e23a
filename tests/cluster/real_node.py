"""One real machine: containerd and runc of the distribution, a kubelet, a bridge; in a network namespace without a way out.

On it runs ingest's own image as the chart describes it, beside a real Kafka, until the kubelet finds it ready.
"""

import contextlib
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from hejnal_local import images, kafka
from hejnal_local.cluster_secrets import secrets_of
from hejnal_local.processes import ProcessId
from hejnal_local.setup.commands import SetupError
from hejnal_local.setup.commands import run as run_command
from hejnal_local.setup.java import find_java
from hejnal_local.setup.system_packages import CNI_PLUGINS
from hejnal_local.workspace import Workspace

from .checks import Checks
from .control_plane import ClusterError, ControlPlane, Manifest
from .objects import CHART, namespace
from .oci import image_of_one_program
from .programs import Programs, pause

BRIDGE = "hejnal0"
GATE = "10.244.0.1"
"""The machine's own address on the pods' network."""
KAFKA_PORT = 9092
_NEEDED = ("containerd", "ctr", "runc", "ip", "nsenter", "iptables", "conntrack")
_PAUSE = "hejnal.test/pause:1"
SERVICE, POD = "ingest", "town-ingest-0"


class Node:
    """The machine: made by `start`, taken away without a trace by `stop`."""

    def __init__(self, programs: Programs, folder: Path) -> None:
        self.name = f"hejnal-{secrets.token_hex(3)}"
        self.namespace = Path("/run/netns") / self.name
        self._folder = folder / "node"
        self.socket = self._folder / "containerd.sock"
        self.plane = ControlPlane(programs, folder, inside=self.namespace)

    def enter(self, *command: object, timeout_s: float = 300) -> str:
        """Run a command in the machine's network."""
        return run_command(["nsenter", f"--net={self.namespace}", *map(str, command)], step=str(command[0]), timeout_s=timeout_s)

    def start(self) -> None:
        """Return when the kubelet has told the API server that its machine is ready."""
        run_command(["ip", "netns", "add", self.name], step="the machine's network")
        for command in (
            "ip link set lo up",
            f"ip link add {BRIDGE} type bridge",
            f"ip addr add {GATE}/24 dev {BRIDGE}",
            f"ip link set {BRIDGE} up",
        ):
            self.enter(*command.split())
        self.plane.start()
        for place in ("cni", "kubelet"):
            (self._folder / place).mkdir(parents=True)
        self._write_configuration()
        self.plane.run_beside("containerd", command=["containerd", "-c", self._folder / "containerd.toml"])
        self.plane.wait("containerd", lambda: self._ctr("version"), 60)

    def join(self) -> None:
        """Start the kubelet and wait for its node."""
        self.plane.run_beside(
            "kubelet", "--config", self._folder / "kubelet.json", "--kubeconfig", self.plane.kubeconfig,
            "--root-dir", self._folder / "kubelet", "--cert-dir", self._folder / "pki",
            "--hostname-override", "localhost", "--node-ip", GATE,
        )  # fmt: skip
        self.plane.wait("the node", lambda: self.plane.kubectl("get", "node", "localhost"), 90)
        self.plane.kubectl("wait", "--for=condition=Ready", "node/localhost", "--timeout=90s")

    def take_in(self, archive: Path) -> None:
        """Give containerd an image."""
        self._ctr("-n", "k8s.io", "images", "import", archive)

    def stop(self) -> None:
        """End pods, programs, mounts, the network."""
        with contextlib.suppress(ClusterError, subprocess.TimeoutExpired):
            self.plane.kubectl(
                "delete", "deployments,statefulsets,pods", "-A", "--all", "--grace-period=1", "--timeout=60s", timeout_s=90
            )
        self._end_containers()
        self.plane.stop()
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
        for mount in sorted((one for one in mounts if one.startswith(str(self._folder))), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False, capture_output=True, timeout=30)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True, timeout=30)

    def _end_containers(self) -> None:
        """Containers' keepers outlive containerd: end those of this folder."""
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ProcessLookupError):
                if entry.name.isdigit() and str(self.socket) in (entry / "cmdline").read_text(errors="replace"):
                    keeper = ProcessId.of(int(entry.name))
                    if "containerd-shim" in (entry / "cmdline").read_text(errors="replace"):
                        keeper.stop(10)

    def _ctr(self, *arguments: object) -> str:
        try:
            return run_command(["ctr", "-a", self.socket, *map(str, arguments)], step="containerd", timeout_s=600)
        except SetupError as error:
            raise ClusterError(str(error)) from error

    def _write_configuration(self) -> None:
        folder = self._folder
        (folder / "containerd.toml").write_text(
            f"""version = 2
root = "{folder}/containers"
state = "{folder}/state"
[grpc]
  address = "{self.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{_PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{CNI_PLUGINS}"
    conf_dir = "{folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
""",
            encoding="utf-8",
        )
        addresses = {"subnet": "10.244.0.0/24", "rangeStart": "10.244.0.10"}
        ipam = {"type": "host-local", "ranges": [[addresses]], "routes": [{"dst": "0.0.0.0/0"}], "dataDir": str(folder / "ipam")}
        bridge = {"type": "bridge", "bridge": BRIDGE, "isGateway": True, "hairpinMode": True, "ipam": ipam}
        network = {"cniVersion": "0.4.0", "name": "hejnal", "plugins": [bridge]}
        (folder / "cni/10-hejnal.conflist").write_text(json.dumps(network), encoding="utf-8")
        kubelet: Manifest = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "failCgroupV1": False,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": "/",
            "enforceNodeAllocatable": ["pods"],
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "address": "127.0.0.1",
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%"},
        }
        (folder / "kubelet.json").write_text(json.dumps(kubelet), encoding="utf-8")


def run(workspace: Workspace, programs: Programs, checks: Checks, folder: Path, image: str | None = None) -> None:
    """All checks on the real machine, with this image of the service or one that is built now."""
    missing = [name for name in _NEEDED if shutil.which(name) is None]
    if missing or not CNI_PLUGINS.exists() or os.geteuid() != 0:
        checks.fail(
            "a real node",
            f"root and {', '.join(missing) or 'CNI plugins'} are needed: `deploy/local/setup cluster` installs them",
        )
        return
    folder.mkdir(parents=True)
    archive = _archive(folder, image or _build(workspace, checks))
    node = Node(programs, folder)
    try:
        node.start()
        image_of_one_program(pause(workspace, checks.note), _PAUSE, folder / "pause.tar")
        with checks.check("the node's own containerd takes the image that `make images` builds"):
            node.take_in(folder / "pause.tar")
            node.take_in(archive)
        node.join()
        version = node.plane.get("node", "localhost")["status"]["nodeInfo"]
        checks.note(f"a real node: kubelet {version['kubeletVersion']}, {version['containerRuntimeVersion']}")
        with _broker(workspace, node, folder):
            _pod(workspace, node, checks, folder)
    finally:
        node.stop()


def _build(workspace: Workspace, checks: Checks) -> str:
    """The service's image, built as `make images` does; its name."""
    checks.note(f"building {SERVICE}'s image")
    if images.usable_tool() != "docker" and "IMAGE_BASE" not in os.environ:
        images.make_base("hejnal-base:local")
        os.environ["IMAGE_BASE"] = "localhost/hejnal-base:local"
    return images.build(workspace, images.prepare(workspace, [SERVICE]), SERVICE)


def _archive(folder: Path, name: str) -> Path:
    """An image as a file."""
    tool, archive = images.usable_tool(), folder / "image.tar"
    if tool == "docker":
        run_command(["docker", "save", "-o", archive, name], step="the image as a file")
    else:
        storage = ["--storage-driver", "vfs"]
        run_command([tool, *storage, "push", f"localhost/{name}", f"docker-archive:{archive}:{name}"], step="the image as a file")
    return archive


@contextlib.contextmanager
def _broker(workspace: Workspace, node: Node, folder: Path) -> Iterator[None]:
    """A real Kafka on the machine, with the declared topics."""
    java = find_java()
    assert java is not None
    installation = kafka.Installation(workspace.cache / "kafka", java[0])
    own = folder / "kafka"
    own.mkdir()
    text = (kafka.RECIPE / "server.properties").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:@PORT@", f"{GATE}:{KAFKA_PORT}").replace("@CONTROLLER_PORT@", "9093")
    (own / "server.properties").write_text(text.replace("@DATA@", str(own / "data")), encoding="utf-8")
    settings = str(own / "server.properties")
    format_it = ("format", "--standalone", f"--cluster-id={secrets.token_hex(11)}", "-c", settings)
    run_command(installation.command("kafka.tools.StorageTool", *format_it), step="Kafka's folder")
    broker = node.plane.run_beside("kafka", command=installation.command("kafka.Kafka", settings))
    create = [workspace.python, "-m", "hejnal_runtime.bus.topics", "--bootstrap", f"{GATE}:{KAFKA_PORT}"]

    def created() -> bool:
        with contextlib.suppress(SetupError):
            node.enter(*create, timeout_s=90)
            return True
        return False

    node.plane.wait("Kafka", created, 180)
    try:
        yield
    finally:
        broker.stop(20)


def _pod(workspace: Workspace, node: Node, checks: Checks, folder: Path) -> None:
    plane = node.plane
    place = namespace(plane, "hejnal", **{"pod-security.kubernetes.io/enforce": "restricted"})
    plane.apply(secrets_of(folder / "keys", "Gmina Test"), "-n", place)
    others = [name for name in images.SERVICES if name != SERVICE]
    values = {
        "image": {"pullPolicy": "Never"},
        "kafka": {"bootstrap": f"{GATE}:{KAFKA_PORT}"},
        "topics": {"create": False},
        "services": {
            **{name: {"enabled": False} for name in others},
            SERVICE: {"persistence": {"enabled": False}, "resources": {"requests": {"cpu": "50m"}, "limits": {"memory": "1Gi"}}},
        },
    }
    (folder / "values.json").write_text(json.dumps(values), encoding="utf-8")

    def inside(*command: str) -> str:
        return plane.kubectl("exec", "-n", place, POD, "-c", SERVICE, "--", *command, timeout_s=60)

    with checks.check(f"{SERVICE}'s own image runs under the restricted standard and is ready"):
        began = time.monotonic()
        plane.helm("install", "town", CHART, "-n", place, "-f", folder / "values.json")
        plane.wait("the pod", lambda: plane.get("pod", POD, "-n", place)["status"].get("containerStatuses"), 60)
        plane.kubectl("wait", "--for=condition=Ready", f"pod/{POD}", "-n", place, "--timeout=170s")
        checks.note(f"ready after {time.monotonic() - began:.1f} s")
    with checks.check("it answers through the API server: ready, with metrics"):
        door = f"/api/v1/namespaces/{place}/pods/{POD}:9000/proxy"
        told = json.loads(plane.kubectl("get", "--raw", f"{door}/readyz"))
        assert told["status"] == "ok", told
        assert "hejnal_ingest_cameras{" in plane.kubectl("get", "--raw", f"{door}/metrics")
    with checks.check("user 10001, no capability, no new privileges, seccomp, read-only root, /tmp to write to"):
        assert inside("id", "-u").strip() == "10001"
        state = dict(line.split(":\t", 1) for line in inside("cat", "/proc/1/status").splitlines() if ":\t" in line)
        assert (int(state["CapEff"], 16), state["NoNewPrivs"], state["Seccomp"]) == (0, "1", "2"), state
        tried = inside(
            "sh", "-c", "for d in / /opt/hejnal /etc /usr; do touch $d/x 2>/dev/null && echo $d; done; touch /tmp/x && echo ok"
        )
        assert tried.split() == ["ok"], tried
    with checks.check("it sees its own key and no account of the cluster"):
        assert inside("ls", "/etc/hejnal/tokens").split() == ["ingest.pem", "jwks.json"]
        assert inside("sh", "-c", "ls /var/run/secrets 2>/dev/null || echo none").strip() == "none"
    with checks.check("it ends when told to, and comes back under its name"):
        before = plane.get("pod", POD, "-n", place)["metadata"]["uid"]
        began = time.monotonic()
        plane.kubectl("delete", "pod", POD, "-n", place, "--timeout=60s")
        took = time.monotonic() - began
        assert took < 30, f"{took:.0f} s: it was killed"
        plane.wait("the next one", lambda: plane.get("pod", POD, "-n", place)["metadata"]["uid"] != before)
        plane.kubectl("wait", "--for=condition=Ready", f"pod/{POD}", "-n", place, "--timeout=120s")
        checks.note(f"ended in {took:.1f} s")
