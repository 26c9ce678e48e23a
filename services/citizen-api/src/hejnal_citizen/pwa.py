"""The PWA's files and the town's map, with the caching each needs, and the headers every answer of the public door carries."""

from mimetypes import guess_type
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse

from hejnal_citizen.access import Res
from hejnal_citizen.schema import binary, problems
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.serve import is_reserved

router = APIRouter(include_in_schema=False)
map_router = APIRouter(tags=["town"])

CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002 one directive a line can be read
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",  # previews of chosen photos; the map's sprites
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",  # the map library starts its worker from a blob
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")

_NO_CACHE = "no-cache"
_IMMUTABLE = "public, max-age=31536000, immutable"
_SHORT = "public, max-age=3600"
_PACKED = (("br", ".br"), ("gzip", ".gz"))
"""Codings by preference, and the suffix of the copies the PWA's build makes."""
_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".pmtiles": "application/vnd.pmtiles"}


class SecurityHeaders:
    """ASGI middleware: the same protective headers on every answer, the API's uncached unless it says otherwise."""

    def __init__(self, app: Any, *, https: bool) -> None:
        self.app = app
        self._headers = (*SECURITY_HEADERS, _HSTS) if https else SECURITY_HEADERS

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        api = scope["path"].startswith("/api/")

        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                names = {name.lower() for name, _ in headers}
                headers += [item for item in self._headers if item[0] not in names]
                if api and b"cache-control" not in names:
                    headers.append((b"cache-control", b"no-store"))
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, send_with_headers)


@map_router.get(
    "/map/town.pmtiles", response_class=FileResponse, responses=problems(404, 416) | binary("application/vnd.pmtiles")
)
async def town_map(res: Res) -> FileResponse:
    """The town's vector tiles as one PMTiles archive; answers byte ranges."""
    path = res.settings.map_file
    if path is None or not path.is_file():
        raise AppError(Kind.NOT_FOUND, "no-map", "No map of this town has been installed.")
    return FileResponse(path, media_type=_TYPES[".pmtiles"], headers={"Cache-Control": _SHORT})


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
async def site(res: Res, request: Request, path: str) -> FileResponse:
    """A file of the PWA, in the packed copy its build has put beside it where the browser takes one.

    Unknown paths without a suffix get its shell, so that its own addresses can be opened directly.
    """
    root = res.settings.site_dir
    if root is None or is_reserved(path):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing at this address.")
    found = _file_below(root, path)
    if found is None and PurePosixPath(path).suffix == "" and not path.startswith("assets/"):
        found = _file_below(root, "index.html")
    if found is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing at this address.")
    headers = {"Cache-Control": _caching(root, found), "Vary": "Accept-Encoding"}
    media_type = _TYPES.get(found.suffix) or guess_type(found.name)[0]
    for encoding, suffix in _PACKED:
        copy = found.with_name(found.name + suffix)
        if _accepts(request.headers.get("accept-encoding", ""), encoding) and copy.is_file():
            return FileResponse(copy, media_type=media_type, headers=headers | {"Content-Encoding": encoding})
    return FileResponse(found, media_type=media_type, headers=headers)


def _accepts(header: str, encoding: str) -> bool:
    """Whether `Accept-Encoding` (RFC 9110 §12.5.3) names this coding and does not refuse it."""
    for part in header.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == encoding:
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def _file_below(root: Path, path: str) -> Path | None:
    if not path or "\0" in path:
        return None
    root = root.resolve()
    candidate = (root / path).resolve()
    return candidate if candidate.is_relative_to(root) and candidate.is_file() else None


def _caching(root: Path, file: Path) -> str:
    """Hashed build files never change; the shell, the service worker and the manifest are asked for anew each time."""
    relative = file.relative_to(root.resolve())
    if relative.parts[0] == "assets":
        return _IMMUTABLE
    if file.suffix in {".html", ".webmanifest"} or relative.name in {"sw.js", "service-worker.js", "registerSW.js"}:
        return _NO_CACHE
    return _SHORT
