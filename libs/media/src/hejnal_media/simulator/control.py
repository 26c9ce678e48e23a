"""The control port: knobs turned while the simulator runs. A line is `CAMERA KNOB[=VALUE]`, the answer `ok` or what is wrong."""

import asyncio
import contextlib

from hejnal_media.simulator.knobs import ControlPanel, help_text

_MAX_LINE_BYTES = 1024
_HOST = "127.0.0.1"


class ControlPort:
    """Listens on this machine only."""

    def __init__(self, panel: ControlPanel, port: int = 0) -> None:
        self._panel = panel
        self._port = port
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port in use."""
        return self._port

    async def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = await asyncio.start_server(self._serve, _HOST, self._port, limit=_MAX_LINE_BYTES)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Takes no more lines."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ValueError, asyncio.CancelledError):
            while line := await reader.readline():
                words = line.decode("utf-8", "replace").split()
                writer.write((await self._answer(words) + "\n").encode())
                await writer.drain()
        writer.close()

    async def _answer(self, words: list[str]) -> str:
        if words == ["help"]:
            return help_text()
        if len(words) != 2:
            return "error: a line is CAMERA KNOB[=VALUE], or help"
        try:
            await self._panel.turn(words[0], words[1])
        except (ValueError, OSError) as error:
            return f"error: {error}"
        return "ok"
