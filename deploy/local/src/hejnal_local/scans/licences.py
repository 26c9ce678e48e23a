"""Under which licences our dependencies come, and whether they go together with ours (EUPL-1.2)."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from hejnal_local.scans.findings import Finding

TOOL = "licences"
PERMISSIVE = frozenset(
    {
        "MIT", "MIT-0", "MIT-CMU", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "BlueOak-1.0.0", "CC0-1.0",
        "CC-BY-4.0", "Unlicense", "Zlib", "PSF-2.0", "Python-2.0", "OFL-1.1", "HPND", "AFL-2.1", "ZPL-2.1",
    }
)  # fmt: skip
"""Ask for no more than being named."""
WEAK_COPYLEFT = frozenset({"MPL-2.0", "LGPL-2.1-or-later", "LGPL-3.0-or-later"})
"""Changed files of theirs stay under their licence; ours beside them need not."""
COMPATIBLE = frozenset({"EUPL-1.2", "GPL-2.0-or-later", "GPL-3.0-or-later", "AGPL-3.0-or-later"})
"""Named in the appendix of EUPL-1.2: the whole may be handed on under them."""
ALLOWED = PERMISSIVE | WEAK_COPYLEFT | COMPATIBLE

_OLD_NAMES = {
    "Apache Software License": "Apache-2.0",
    "Apache License": "Apache-2.0",
    "Apache": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD-derived (http://www.repoze.org/LICENSE.txt)": "ZPL-2.1",
    "MIT License": "MIT",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
"""What packages without an SPDX expression say, and what their licence files are."""
_NO_LICENCE = frozenset({"OSI Approved", "DFSG approved"})
_READ_BY_US = {
    "axe-playwright-python": "MIT",
    "dkimpy": "Zlib",
    "pyrage": "MIT OR Apache-2.0",
    "@contentauth/c2pa-types": "MIT OR Apache-2.0",
}
"""Packages whose metadata names none; what their licence file says."""


@dataclass(frozen=True, slots=True)
class Licensed:
    """A package and its licence, as an SPDX expression."""

    kind: str
    name: str
    version: str
    licence: str


def scan(root: Path) -> Iterator[Finding]:
    """Every dependency whose licence is unknown or does not go with ours."""
    for package in [*of_python(root), *of_npm(root)]:
        if not is_allowed(package.licence):
            said = package.licence or "none named"
            yield Finding(TOOL, "not-known-to-fit", f"{package.kind}/{package.name}", f"{package.version}: {said}", "high")


def is_allowed(expression: str) -> bool:
    """Whether an SPDX expression can be met: all parts of an AND, one of an OR."""
    flat = re.sub(r"[()]", " ", expression)
    if "(" in expression and " AND " in flat and " OR " in flat:  # only `A AND (B OR C)` is in use
        return all(is_allowed(part) for part in re.split(r"\s+AND\s+", re.sub(r"[()]", "", expression)))
    joined = " AND " if " AND " in flat else " OR "
    found = [part.strip() in ALLOWED for part in flat.split(joined)]
    return all(found) if joined == " AND " else any(found)


def of_python(root: Path) -> Iterator[Licensed]:
    """What requirements.lock names and is installed here; what another platform needs is left out."""
    lock = (root / "requirements.lock").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"(?m)^([A-Za-z0-9._-]+)==", lock))):
        try:
            found = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        yield Licensed("python", name, found["Version"], _READ_BY_US.get(name) or _python_licence(found))


def _python_licence(found: metadata.PackageMetadata) -> str:
    if expression := _field(found, "License-Expression"):
        return expression
    classified = [line.rsplit(" :: ", 1)[-1] for line in found.get_all("Classifier", []) if line.startswith("License ::")]
    named = [name for name in classified if name not in _NO_LICENCE] or [_field(found, "License").split("\n")[0].strip()]
    return " OR ".join(_OLD_NAMES.get(name, name) for name in named)


def _field(found: metadata.PackageMetadata, name: str) -> str:
    return str(found[name] or "") if name in found else ""


def of_npm(root: Path) -> Iterator[Licensed]:
    """What web/package-lock.json names."""
    lock = json.loads((root / "web" / "package-lock.json").read_text(encoding="utf-8"))
    for place, package in sorted(lock["packages"].items()):
        if "node_modules/" in place and not package.get("link"):
            name = place.rsplit("node_modules/", 1)[-1]
            yield Licensed("npm", name, package["version"], package.get("license") or _READ_BY_US.get(name, ""))


def table(root: Path) -> str:
    """The page docs/reference/licences.md."""
    by_licence: dict[str, dict[str, list[str]]] = {}
    for package in [*of_python(root), *of_npm(root)]:
        names = by_licence.setdefault(package.licence, {}).setdefault(package.kind, [])
        if package.name not in names:
            names.append(package.name)
    rows = [
        f"| {licence} | {len(kinds.get('python', ()))} | {len(kinds.get('npm', ()))} | {_some(kinds)} |"
        for licence, kinds in sorted(by_licence.items(), key=lambda item: -sum(len(names) for names in item[1].values()))
    ]
    return "\n".join(
        [
            "<!-- written by `make scan`; `make check` fails on a licence that does not fit -->",
            "",
            "# Licences of dependencies",
            "",
            "Hejnał is under EUPL-1.2. What it is built from and with, by licence; all of them go together with it. The exact",
            "packages of an image are in its bill of materials (`/usr/share/hejnal/sbom.cdx.json`). PyAV's wheel carries FFmpeg",
            "with x264 and x265 (GPL-2.0-or-later, named in the appendix of EUPL-1.2); the rest is what the packages name.",
            "",
            "| licence | Python | npm | for example |",
            "|---|---|---|---|",
            *rows,
            "",
        ]
    )


def _some(kinds: dict[str, list[str]]) -> str:
    names = [*kinds.get("python", ()), *kinds.get("npm", ())]
    return ", ".join(f"`{name}`" for name in names[:4]) + (", …" if len(names) > 4 else "")
