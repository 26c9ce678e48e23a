"""Stands in for metrics-server: every pod's usage is the number that a test has chosen (metrics.k8s.io/v1beta1)."""

import json
import ssl
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from .control_plane import ControlPlane

_GROUP = "metrics.k8s.io"
_API = f"{_GROUP}/v1beta1"


class ChosenMetrics:
    """While it is entered the cluster's autoscalers read `cpu` and `memory` (quantities, per container)."""

    def __init__(self, plane: ControlPlane) -> None:
        self.cpu = "1m"
        self.memory = "64Mi"
        self._plane = plane
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(plane.certificate, plane.certificate_key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._server.server_address[1]
        # the API server asks through a name that is not the cluster's: this machine
        service = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": port}]}
        api = {
            "group": _GROUP,
            "version": "v1beta1",
            "groupPriorityMinimum": 100,
            "versionPriority": 100,
            "insecureSkipTLSVerify": True,
            "service": {"name": "chosen-metrics", "namespace": "kube-system", "port": port},
        }
        place = {"name": "chosen-metrics", "namespace": "kube-system"}
        self._plane.apply(
            [
                {"apiVersion": "v1", "kind": "Service", "metadata": place, "spec": service},
                {
                    "apiVersion": "apiregistration.k8s.io/v1",
                    "kind": "APIService",
                    "metadata": {"name": f"v1beta1.{_GROUP}"},
                    "spec": api,
                },
            ]
        )
        self._plane.kubectl("wait", "--for=condition=Available", f"apiservice/v1beta1.{_GROUP}", "--timeout=60s")
        return self

    def __exit__(self, *_: object) -> None:
        self._plane.kubectl("delete", "apiservice", f"v1beta1.{_GROUP}")
        self._plane.kubectl("delete", "service", "chosen-metrics", "-n", "kube-system")
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    def answer(self, path: str, selector: str) -> dict[str, Any] | None:
        """The object behind a path, None for none."""
        parts = path.strip("/").split("/")
        if parts == ["apis", _GROUP, "v1beta1"]:
            pods = {"name": "pods", "kind": "PodMetrics", "namespaced": True, "singularName": "", "verbs": ["get", "list"]}
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": _API, "resources": [pods]}
        if len(parts) == 6 and parts[3] == "namespaces" and parts[5] == "pods":
            return {
                "kind": "PodMetricsList",
                "apiVersion": _API,
                "metadata": {},
                "items": [self._usage(pod) for pod in self._plane.get("pods", "-n", parts[4], "-l", selector)["items"]],
            }
        return None

    def _usage(self, pod: dict[str, Any]) -> dict[str, Any]:
        about, usage = pod["metadata"], {"cpu": self.cpu, "memory": self.memory}
        return {
            "metadata": {"name": about["name"], "namespace": about["namespace"], "labels": about.get("labels", {})},
            "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "window": "15s",
            "containers": [{"name": one["name"], "usage": usage} for one in pod["spec"]["containers"]],
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        metrics = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                found = metrics.answer(url.path, parse_qs(url.query).get("labelSelector", [""])[0])
                body = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404}).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        return Handler
