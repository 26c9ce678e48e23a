"""A real Kubernetes control plane without containers: etcd, API server, controllers, scheduler, and kwok as the nodes."""

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from hejnal_local.ports import free_ports
from hejnal_local.processes import ProcessId, spawn_with_us

from .programs import HERE, Programs

Manifest = dict[str, Any]
START_WITHIN_S = 120
_STOP_WITHIN_S = 15

# Autoscalers that look every two seconds: a test need not wait for the usual quarter of a minute.
_QUICK_AUTOSCALING = (
    "--horizontal-pod-autoscaler-sync-period=2s",
    "--horizontal-pod-autoscaler-cpu-initialization-period=1s",
    "--horizontal-pod-autoscaler-initial-readiness-delay=1s",
)


class ClusterError(RuntimeError):
    """A program of the cluster did not start, or a command failed; the text has its words."""


class ControlPlane:
    """One cluster below a folder, on ports of its own, ended by `stop`. `inside` names a network namespace to live in."""

    def __init__(self, programs: Programs, folder: Path, *, inside: Path | None = None) -> None:
        self.programs = programs
        self.folder = folder
        self._enter = ["nsenter", f"--net={inside}"] if inside else []
        names = ("api", "etcd", "etcd-peers", "controllers", "scheduler")
        self._ports = dict(zip(names, free_ports(len(names)), strict=True))
        self._started: list[tuple[str, ProcessId]] = []
        self._pki = folder / "pki"
        self.certificate = self._pki / "apiserver.crt"
        self.certificate_key = self._pki / "apiserver.key"
        self.kubeconfig = folder / "admin.conf"

    # --- life ---------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Return when the API server answers and controllers and scheduler run."""
        self._pki.mkdir(parents=True)
        self._write_credentials()
        port, etcd = self._ports, f"http://127.0.0.1:{self._ports['etcd']}"
        peers = f"http://127.0.0.1:{port['etcd-peers']}"
        self.run_beside(
            "etcd", "--data-dir", self.folder / "etcd", "--listen-client-urls", etcd, "--advertise-client-urls", etcd,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", f"default={peers}",
            "--unsafe-no-fsync", "--log-level", "warn",
        )  # fmt: skip
        self.run_beside(
            "kube-apiserver", "--etcd-servers", etcd, "--bind-address", "127.0.0.1", "--secure-port", port["api"],
            "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type=none", "--cert-dir", self._pki,
            "--token-auth-file", self._pki / "tokens.csv", "--authorization-mode", "RBAC,Node",
            "--service-cluster-ip-range", "10.96.0.0/16", "--service-account-issuer", f"https://127.0.0.1:{port['api']}",
            "--service-account-key-file", self._pki / "accounts.pub",
            "--service-account-signing-key-file", self._pki / "accounts.key", "--allow-privileged=true",
            "--kubelet-preferred-address-types=Hostname,InternalIP", "--enable-priority-and-fairness=false",
        )  # fmt: skip
        self.wait("the API server", self._answers, START_WITHIN_S)
        self.run_beside(
            "kube-controller-manager", "--kubeconfig", self.kubeconfig, "--bind-address", "127.0.0.1",
            "--secure-port", port["controllers"], "--service-account-private-key-file", self._pki / "accounts.key",
            "--root-ca-file", self.certificate, "--use-service-account-credentials=false", "--leader-elect=false",
            *_QUICK_AUTOSCALING,
        )  # fmt: skip
        self.run_beside(
            "kube-scheduler", "--kubeconfig", self.kubeconfig, "--bind-address", "127.0.0.1",
            "--secure-port", port["scheduler"], "--leader-elect=false",
        )  # fmt: skip

    def stop(self) -> None:
        """End everything, the last started first."""
        while self._started:
            _, process = self._started.pop()
            process.stop(_STOP_WITHIN_S)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def run_beside(self, name: str, *arguments: object, command: Sequence[object] | None = None) -> ProcessId:
        """Start a program of the cluster (or any other `command`), its words in `<name>.log`."""
        full = [*self._enter, "setpriv", "--pdeathsig=TERM", *map(str, command or [self.programs.hyperkube, name, *arguments])]
        with (self.folder / f"{name}.log").open("ab") as log:
            process = spawn_with_us(
                full, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=self.folder
            )
        identity = ProcessId.of(process.pid)
        self._started.append((name, identity))
        return identity

    def add_nodes(self, count: int) -> None:
        """Simulated machines, each in a zone of its own, with the labels that the examples ask for."""
        self.run_beside(
            "kwok", "--kubeconfig", self.kubeconfig, "--config", HERE / "kwok-stages.yaml",
            "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake", "--node-lease-duration-seconds=40",
        )  # fmt: skip
        room = {"cpu": "32", "memory": "128Gi", "pods": "110"}
        nodes: list[Manifest] = [
            {
                "apiVersion": "v1",
                "kind": "Node",
                "metadata": {
                    "name": f"node-{number}",
                    "annotations": {"kwok.x-k8s.io/node": "fake"},
                    "labels": {
                        "kubernetes.io/hostname": f"node-{number}",
                        "kubernetes.io/os": "linux",
                        "topology.kubernetes.io/zone": f"zone-{number}",
                        "disk": "nvme",
                        "example.org/edge": "true",
                    },
                },
                "status": {"allocatable": room, "capacity": room},
            }
            for number in range(1, count + 1)
        ]
        self.apply(nodes)
        self.kubectl("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=60s")

    # --- use ----------------------------------------------------------------------------------------------------------

    def kubectl(self, *arguments: object, given: str | None = None, timeout_s: float = 180) -> str:
        """Output of kubectl. Raises ClusterError with its words."""
        return self._output([self.programs.hyperkube, "kubectl", *arguments], given, timeout_s)

    def helm(self, *arguments: object, timeout_s: float = 300) -> str:
        """Output of helm. Raises ClusterError with its words."""
        return self._output([self.programs.helm, *arguments], None, timeout_s)

    def get(self, *arguments: object) -> Manifest:
        """An object, or a list of them."""
        found: Manifest = json.loads(self.kubectl("get", *arguments, "-o", "json"))
        return found

    def apply(self, objects: Iterable[Manifest], *options: object) -> str:
        """Objects applied on the server's side."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)})
        return self.kubectl("apply", "--server-side", *options, "-f", "-", given=text)

    def wait(self, what: str, holds: Any, timeout_s: float = 60) -> Any:
        """The first true answer of `holds()`. Raises ClusterError when there is none in time, or a program has ended."""
        deadline = time.monotonic() + timeout_s
        last: Exception | None = None
        while True:
            try:
                answer = holds()
            except (ClusterError, subprocess.TimeoutExpired) as error:
                answer, last = None, error
            if answer:
                return answer
            for name, process in self._started:
                if not process.alive:
                    raise ClusterError(f"{name} has ended:\n{self._log_end(name)}")
            if time.monotonic() > deadline:
                raise ClusterError(f"{what}: not within {timeout_s:.0f} s" + (f"; last: {last}" if last else ""))
            time.sleep(0.3)

    def _output(self, command: Sequence[object], given: str | None, timeout_s: float) -> str:
        environment = os.environ | {"KUBECONFIG": str(self.kubeconfig), "HELM_CACHE_HOME": str(self.folder / "helm")}
        done = subprocess.run(
            [*self._enter, *map(str, command)],
            input=given,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=environment,
            check=False,
        )
        if done.returncode != 0:
            raise ClusterError((done.stderr or done.stdout).strip()[-3000:])
        return done.stdout

    def _answers(self) -> bool:
        return self.kubectl("get", "--raw", "/readyz", timeout_s=10) == "ok"

    def _log_end(self, name: str) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / f"{name}.log").read_text("utf-8", "replace").splitlines()[-20:])
        return ""

    def _write_credentials(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        (self._pki / "accounts.key").write_bytes(private)
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self._pki / "accounts.pub").write_bytes(public)
        token = secrets.token_hex(16)
        (self._pki / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n", encoding="ascii")
        server = {"server": f"https://127.0.0.1:{self._ports['api']}", "certificate-authority": str(self.certificate)}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": "admin", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}],
            "current-context": "test",
        }
        self.kubeconfig.write_text(json.dumps(config), encoding="utf-8")
