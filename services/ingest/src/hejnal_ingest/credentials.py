"""Cameras' passwords, fetched from the gateway when a camera is to be opened; kept in memory only."""

import asyncio

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from hejnal_media.rtsp import Credentials
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_TIMEOUT_S = 3.0


class CredentialsUnavailableError(Exception):
    """The gateway does not answer and the password is not known from before."""


class _Answer(BaseModel):
    username: str
    password: str


class CameraPasswords:
    """Asks `GET /internal/v1/cameras/{camera_id}/credentials` of the gateway with a service token."""

    def __init__(self, http: aiohttp.ClientSession, issuer: TokenIssuer | None, gateway_url: str) -> None:
        self._http = http
        self._issuer = issuer
        self._gateway_url = gateway_url.rstrip("/")
        self._known: dict[str, Credentials] = {}

    async def get(self, camera_id: str) -> Credentials | None:
        """The camera's account, None when it has none. While the gateway is away: what was known last.

        Raises CredentialsUnavailableError.
        """
        url = f"{self._gateway_url}/internal/v1/cameras/{camera_id}/credentials"
        headers = self._issuer.headers("operator-gateway") if self._issuer is not None else {}
        try:
            async with (
                asyncio.timeout(_TIMEOUT_S),
                self._http.get(url, headers=headers, allow_redirects=False) as response,
            ):
                if response.status == 404:
                    self._known.pop(camera_id, None)
                    return None
                if response.status == 200:
                    answer = _Answer.model_validate_json(await response.read())
                    self._known[camera_id] = Credentials(answer.username, answer.password)
                    return self._known[camera_id]
                problem = f"the gateway answered {response.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            problem = f"the gateway does not answer ({type(error).__name__})"
        except ValidationError:
            problem = "the gateway's answer cannot be read"  # its text would show the password
        known = self._known.get(camera_id)
        log.warning("camera_password_not_fetched", camera_id=camera_id, problem=problem, known=known is not None)
        if known is None:
            raise CredentialsUnavailableError(problem)
        return known

    def forget(self, camera_id: str) -> None:
        """The camera is held no more."""
        self._known.pop(camera_id, None)
