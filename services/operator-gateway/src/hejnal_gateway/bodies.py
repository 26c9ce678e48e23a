"""How much anybody may send: the door reads JSON into memory, before it knows who is there."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hejnal_runtime.problems import problem_response

MOST_BYTES = 8 * 1024 * 1024
"""Of people who are signed in; routes have narrower limits of their own."""
MOST_ANONYMOUS_BYTES = 64 * 1024
"""Of the ways to sign in: the longest is a passkey's answer."""
ANONYMOUS = ("/api/v1/session", "/api/v1/account-setups")


class BodyLimitMiddleware:
    """Answers 413 to a body that is too large, by what is announced and by what comes."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_ANONYMOUS_BYTES if scope["path"].startswith(ANONYMOUS) else MOST_BYTES
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isascii() and announced.isdigit() and int(announced) > most:
            problem = problem_response(413, "body-too-large", _detail(most), instance=scope["path"])
            await problem(scope, receive, send)
            return
        size_bytes = 0

        async def counted() -> Message:
            nonlocal size_bytes
            message = await receive()
            size_bytes += len(message.get("body", b""))
            if size_bytes > most:
                raise HTTPException(413, _detail(most))  # FastAPI lets this one pass while it reads a body
            return message

        await self.app(scope, counted, send)


def _detail(most: int) -> str:
    return f"A request has at most {most // 1024} KiB here."
