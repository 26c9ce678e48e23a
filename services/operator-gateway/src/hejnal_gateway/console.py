"""The console's files, the headers that keep it to itself, and a page that lists the API."""

from html import escape
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hejnal_gateway.access import Res
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.serve import is_reserved

router = APIRouter(include_in_schema=False)

# Everything comes from this door: no CDN, no inline script, no frame. blob: is for video (MSE) and map workers.
CONTENT_SECURITY_POLICY = "; ".join(  # noqa: FLY002 one directive a line reads best
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
SECURITY_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), fullscreen=(self)",
}


class SecurityHeadersMiddleware:
    """Adds the headers to every answer; API answers are never stored unless they say otherwise."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._headers = dict(SECURITY_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """A readable list of the API; machines take /openapi.json."""
    app: FastAPI = request.app
    return HTMLResponse(_listing(app.openapi()))


def _listing(document: dict[str, Any]) -> str:
    rows = [
        f"<tr><td><code>{method.upper()}</code></td><td><code>{escape(path)}</code></td>"
        f"<td>{escape(operation.get('summary', ''))}</td></tr>"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
        f'<p>{escape(document["info"].get("description", ""))}</p><p><a href="/openapi.json">openapi.json</a></p>'
        f"<table>{''.join(rows)}</table></html>"
    )


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
def console(path: str, resources: Res) -> FileResponse:
    """A file of the built console; any other path gives its start page, which routes by itself."""
    root: Path | None = resources.settings.static_dir
    if root is None or is_reserved(path):
        raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
    root = root.resolve()
    file = (root / path).resolve()
    if path and file.is_relative_to(root) and file.is_file():
        lasting = path.startswith("assets/")  # the build puts a hash of the content into these names
        return FileResponse(file, headers={"Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache"})
    if "." in path.rsplit("/", 1)[-1] or not (root / "index.html").is_file():
        raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")
    return FileResponse(root / "index.html", headers={"Cache-Control": "no-cache"})
