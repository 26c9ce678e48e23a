"""Builds the services' container images with what the machine has: docker, podman or buildah.

python -m hejnal_local.images prepare [SERVICE …]   fill .cache/images: packages, sources, built pages, one SBOM each
python -m hejnal_local.images build [SERVICE …]     that, and one image each: hejnal-<service>:<version>

An image holds the packages that its service needs and no others, at the versions and hashes of requirements.lock.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import uuid
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hejnal_local.setup.commands import SetupError, run
from hejnal_local.workspace import Workspace

SERVICES = {
    "citizen-api": "hejnal_citizen",
    "ingest": "hejnal_ingest",
    "notifier": "hejnal_notifier",
    "operator-gateway": "hejnal_gateway",
    "recorder": "hejnal_recorder",
}
JOBS = {"backup": "hejnal_backup"}
"""What runs and ends, by a schedule or by hand."""
IMAGES = SERVICES | JOBS
_ROOMS = {name: f"services/{name}" for name in SERVICES} | {"backup": "deploy/backup"}
_SYSTEM_PACKAGES = {"backup": "postgresql-client"}
"""Of the base's distribution, for images that run its programs."""
_PAGES = {
    "citizen-api": ("citizen", "index.html", "site"),
    "operator-gateway": ("operator", "index.html", "site"),
    "recorder": ("verifier", "weryfikacja.html", "verifier"),
}
"""Which built pages a service gives out, the first of them, and where they lie in its image under /usr/share/hejnal."""
_BASE_PACKAGES = ("python3", "python3-venv", "ca-certificates", "tzdata", "media-types", *_SYSTEM_PACKAGES.values())
_BUILD_TIMEOUT_S = 1200


def main(arguments: list[str] | None = None) -> int:
    """Exit code 1 when something is missing; it is said what."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.images", description=__doc__)
    parser.add_argument("act", choices=("prepare", "build"))
    parser.add_argument("services", nargs="*", choices=[*IMAGES, []], metavar="SERVICE")
    chosen = parser.parse_args(arguments)
    workspace = Workspace.of_this_clone()
    services = list(chosen.services) or list(IMAGES)
    try:
        folder = prepare(workspace, services)
        print(f"prepared: {folder}", flush=True)
        if chosen.act == "build":
            for service in services:
                name = build(workspace, folder, service)
                print(f"built: {name} {digest(name)}", flush=True)
    except SetupError as error:
        print(f"images: {error}", file=sys.stderr)
        return 1
    return 0


# --- what goes in -----------------------------------------------------------------------------------------------------


def prepare(workspace: Workspace, services: Iterable[str], folder: Path | None = None) -> Path:
    """The build's folder: Dockerfile, packages, and for each service its requirements and what lies in its image."""
    folder = folder or workspace.cache / "images"
    packages = folder / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(workspace.root / "deploy/images/Dockerfile", folder / "Dockerfile")
    for service in services:
        place = folder / service
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        pinned = pinned_requirements(workspace, service)
        (place / "requirements.txt").write_text("".join(pinned.values()), encoding="utf-8")
        _download(workspace, place / "requirements.txt", packages)
        _fill(workspace, service, place / "files", pinned)
    return folder


def pinned_requirements(workspace: Workspace, service: str) -> dict[str, str]:
    """The entries of requirements.lock, with their hashes, that a service and what it stands on need; by package name."""
    locked = _locked(workspace.root / "requirements.lock")
    wanted: dict[str, str] = {}
    waiting = list(_foreign(workspace, room_of(service)))
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        mark = (name, frozenset(requirement.extras))
        if mark in seen:
            continue
        seen.add(mark)
        if name not in locked:
            raise SetupError(f"{name}, which {service} needs, is not in requirements.lock: name it in deploy/requirements.in")
        wanted[name] = locked[name]
        for text in metadata.requires(name) or ():
            needed = Requirement(text)
            extras = {"", *requirement.extras}
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)
    return dict(sorted(wanted.items()))


def room_of(service: str) -> str:
    """The folder of its sources, within the repository."""
    return _ROOMS[service]


def _foreign(workspace: Workspace, room: str) -> Iterator[Requirement]:
    """What a room of ours, and the rooms it stands on, ask for from outside."""
    project = tomllib.loads((workspace.root / room / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for text in project["dependencies"]:
        requirement = Requirement(text)
        if requirement.name.startswith("hejnal-"):
            yield from _foreign(workspace, f"libs/{requirement.name.removeprefix('hejnal-')}")
        else:
            yield requirement


def _rooms(workspace: Workspace, room: str) -> set[str]:
    """A room and every room of ours below it."""
    project = tomllib.loads((workspace.root / room / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    below = [Requirement(text).name for text in project["dependencies"]]
    found = {room}
    for name in below:
        if name.startswith("hejnal-"):
            found |= _rooms(workspace, f"libs/{name.removeprefix('hejnal-')}")
    return found


def _locked(lock: Path) -> dict[str, str]:
    """Entries by package name: of those for several Pythons or systems the one for ours."""
    found: dict[str, str] = {}
    for entry in re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text(encoding="utf-8")):
        if not re.match(r"[A-Za-z0-9]", entry):
            continue
        lines = [line for line in entry.splitlines() if line.strip() and not line.lstrip().startswith("#")]
        requirement = Requirement(lines[0].rstrip("\\ "))
        if requirement.marker is None or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = "\n".join(lines) + "\n"
    return found


def _download(workspace: Workspace, requirements: Path, packages: Path) -> None:
    pip: list[str | Path] = [workspace.python, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-input"]
    what: list[str | Path] = ["--no-deps", "--require-hashes", "-r", requirements, "-d", packages]
    run([*pip, *what], step=f"packages of {requirements.parent.name}")


def _fill(workspace: Workspace, service: str, root: Path, pinned: dict[str, str]) -> None:
    home = root / "opt/hejnal"
    sources = home / "src"
    for room in sorted(_rooms(workspace, room_of(service))):
        shutil.copytree(workspace.root / room / "src", sources, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    library = f"python{sys.version_info.major}.{sys.version_info.minor}"
    path_file = home / "python/lib" / library / "site-packages/hejnal.pth"
    path_file.parent.mkdir(parents=True)
    path_file.write_text("/opt/hejnal/src\n", encoding="utf-8")
    start = home / "start"
    default = "serve" if service in SERVICES else "list"
    text = f'#!/bin/sh\n[ $# -gt 0 ] || set -- {default}\nexec /opt/hejnal/python/bin/python -m {IMAGES[service]} "$@"\n'
    start.write_text(text, encoding="utf-8")
    start.chmod(0o755)
    share = root / "usr/share/hejnal"
    share.mkdir(parents=True)
    if service in _PAGES:
        page, first, place = _PAGES[service]
        built = workspace.web / page / "dist"
        if not (built / first).exists():
            raise SetupError(f"web/{page} is not built: run `make setup` first")
        shutil.copytree(built, share / place)
    sbom = bill_of_materials(service, pinned, _version(workspace))
    (share / "sbom.cdx.json").write_text(json.dumps(sbom, indent=1, sort_keys=True), encoding="utf-8")


def bill_of_materials(service: str, pinned: dict[str, str], version: str) -> dict[str, Any]:
    """What an image is made of, as CycloneDX 1.6 (ECMA-424)."""
    components = []
    for name, entry in pinned.items():
        found = re.match(r"[^=]+==([^\s;\\]+)", entry)
        release = found[1] if found else ""
        about = metadata.metadata(name).json
        licence = str(about.get("license_expression") or about.get("license") or "")
        component: dict[str, Any] = {
            "type": "library",
            "bom-ref": f"pkg:pypi/{name}@{release}",
            "name": name,
            "version": release,
            "purl": f"pkg:pypi/{name}@{release}",
            "hashes": [{"alg": "SHA-256", "content": value} for value in re.findall(r"sha256:([0-9a-f]{64})", entry)],
        }
        if licence and len(licence) < 80:
            component["licenses"] = [{"license": {"name": licence}}]
        components.append(component)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, service + ''.join(pinned.values()))}",
        "version": 1,
        "metadata": {"component": {"type": "container", "name": f"hejnal-{service}", "version": version, "bom-ref": service}},
        "components": components,
    }


# --- building ---------------------------------------------------------------------------------------------------------


def build(workspace: Workspace, folder: Path, service: str) -> str:
    """One image, with docker, podman or buildah, whichever is there; its name. IMAGE_BASE names another base."""
    version = _version(workspace)
    name = f"hejnal-{service}:{version}"
    base = os.environ.get("IMAGE_BASE", "")
    values = {"SERVICE": service, "VERSION": version, "REVISION": _revision(workspace), **({"BASE": base} if base else {})}
    if system := _SYSTEM_PACKAGES.get(service):
        values["SYSTEM_PACKAGES"] = system
    given = [part for key, value in values.items() for part in ("--build-arg", f"{key}={value}")]
    tool = usable_tool()
    # Times of files and of the image are those of the commit, not of the build (docker's builder keeps its own).
    stable = () if tool == "docker" else ("--timestamp", _committed_at(workspace))
    alone = () if system or tool == "buildah" else ("--network", "none")
    # buildah and podman put localhost/ before a bare name by themselves; deploy/compose looks for it there
    names = ["-t", name, "-t", f"localhost/{name}"] if tool == "docker" else ["-t", name]
    command = [tool, *_TOOLS[tool], *alone, *stable, *given, *names, "."]
    run(command, step=f"image of {service}", cwd=folder, timeout_s=_BUILD_TIMEOUT_S)
    return name


def digest(name: str) -> str:
    """The image's id: the hash of its configuration, which holds the hash of every layer."""
    tool = usable_tool()
    asked = {
        "docker": ("image", "inspect", "--format", "{{.Id}}"),
        "buildah": ("--storage-driver", "vfs", "inspect", "--type", "image", "--format", "{{.FromImageID}}"),
        "podman": ("image", "inspect", "--format", "{{.Id}}"),
    }
    return "sha256:" + run([tool, *asked[tool], name], step=f"digest of {name}").strip().removeprefix("sha256:")


def usable_tool() -> str:
    """Docker if its daemon answers, else buildah or podman. SetupError when there is none."""
    for tool in _TOOLS:
        if shutil.which(tool) and (tool != "docker" or _answers(["docker", "info"])):
            return tool
    raise SetupError("there is no docker whose daemon answers, no buildah and no podman: install one of them")


def _answers(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=30).returncode == 0


# OCI's configuration, unlike docker's, holds no name of the container that it was built in.
_TOOLS = {
    "docker": ("build",),
    "buildah": ("--storage-driver", "vfs", "bud", "--isolation", "chroot", "--format", "oci", "--layers=false"),
    "podman": ("build", "--format", "oci"),
}


def make_base(name: str) -> None:
    """A base image out of this machine's Debian packages, for builds without a registry (mmdebstrap and buildah)."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as scratch:
        archive = Path(scratch) / "base.tar"
        suite = _debian_suite()
        run(
            ["mmdebstrap", "--variant=minbase", f"--include={','.join(_BASE_PACKAGES)}", "--quiet", suite, archive],
            step="a base image",
            environment={"SOURCE_DATE_EPOCH": "0"},
            timeout_s=_BUILD_TIMEOUT_S,
        )
        buildah = ("buildah", "--storage-driver", "vfs")
        container = run([*buildah, "from", "scratch"], step="a base image").strip()
        run([*buildah, "add", container, archive, "/"], step="a base image", timeout_s=_BUILD_TIMEOUT_S)
        run([*buildah, "commit", "--timestamp", "0", "--rm", container, name], step="a base image", timeout_s=_BUILD_TIMEOUT_S)


def _debian_suite() -> str:
    for line in Path("/etc/os-release").read_text(encoding="utf-8").splitlines():
        if line.startswith("VERSION_CODENAME="):
            return line.partition("=")[2].strip('"')
    raise SetupError("which Debian this is, /etc/os-release does not tell: name a base image with IMAGE_BASE")


def _version(workspace: Workspace) -> str:
    chart = (workspace.root / "helm/hejnal/Chart.yaml").read_text(encoding="utf-8")
    found = re.search(r'(?m)^appVersion: *"?([^"\s]+)', chart)
    if found is None:
        raise SetupError("helm/hejnal/Chart.yaml tells no appVersion")
    return found[1]


def _revision(workspace: Workspace) -> str:
    command = ["git", "-C", str(workspace.root), "rev-parse", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def _committed_at(workspace: Workspace) -> str:
    command = ["git", "-C", str(workspace.root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "0"


if __name__ == "__main__":
    sys.exit(main())
