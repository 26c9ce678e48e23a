"""Bringing one stream in from the ingest process that holds the camera, for as long as somebody watches."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.stream import LiveStream
from hejnal_media.relay import RelayDecoder, RelayedUnit, RelayError, RunEnded, StreamInfo
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

_SILENCE_S = 5.0  # ingest writes a keep-alive every second
_CONNECT_S = 3.0
_FIRST_RETRY_S = 0.2
_LAST_RETRY_S = 5.0
_PROBLEM_BYTES = 4096


class RelayClient:
    """Reads the relay of one camera and stream into a `LiveStream`, again and again; the viewers stay meanwhile."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        issuer: TokenIssuer,
        relay_url: Callable[[], str | None],
        camera_id: str,
        stream_name: str,
        stream: LiveStream,
    ) -> None:
        self.codec: str | None = None
        self._session = session
        self._issuer = issuer
        self._relay_url = relay_url
        self._path = f"/internal/v1/relay/{camera_id}/{stream_name}"
        self._stream = stream
        self._run_id: str | None = None
        self._received = False
        self._try_now = asyncio.Event()

    def try_now(self) -> None:
        """The camera is said to be live: do not wait for the next try."""
        self._try_now.set()

    async def run(self) -> None:
        """Connect and read for ever; back off while there is nothing to read."""
        failures = 0
        while True:
            self._received = False
            url = self._relay_url()
            reason = "no_ingest" if url is None else await self._read(url)
            metrics.RELAY_BREAKS.labels(reason).inc()
            failures = 0 if self._received else failures + 1
            self._try_now.clear()
            with suppress(TimeoutError):
                pause_s = min(_LAST_RETRY_S, _FIRST_RETRY_S * 2 ** min(failures, 6)) * random.uniform(0.5, 1)
                await asyncio.wait_for(self._try_now.wait(), pause_s)

    async def _read(self, url: str) -> str:
        """Read until the stream breaks; why it did."""
        try:
            async with self._session.get(
                url.rstrip("/") + self._path,
                headers=self._issuer.headers("ingest"),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_S, sock_read=_SILENCE_S),
            ) as answer:
                if answer.status != 200:
                    detail = (await answer.content.read(_PROBLEM_BYTES)).decode(errors="replace")
                    log.info("relay_refused", path=self._path, status=answer.status, detail=detail[:300])
                    return f"status_{answer.status}"
                decoder = RelayDecoder()
                async for chunk in answer.content.iter_any():
                    for record in decoder.feed(chunk):
                        self._take(record)
                return "closed"
        except RelayError as error:
            log.warning("relay_unreadable", path=self._path, error=str(error))
            return "unreadable"
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("relay_broken", path=self._path, error=repr(error))
            return "broken"
        except Exception:
            log.exception("relay_failed", path=self._path)  # a fault of ours must not leave the viewers without pictures for good
            return "failed"

    def _take(self, record: object) -> None:
        match record:
            case RelayedUnit(unit, after_skip):
                self._received = True
                self._stream.push(unit, after_skip=after_skip and not unit.key_frame)
            case StreamInfo(codec=codec, run_id=run_id):
                self._stream.begin_run(same_run=run_id == self._run_id)
                self.codec, self._run_id = codec, run_id
            case RunEnded(cause, detail):
                self._stream.end_run()
                log.info("relay_run_ended", path=self._path, cause=cause, detail=detail)
            case _:
                pass  # keep-alive
