"""The radio link between a camera and us: a TCP proxy that can be cut and made thin."""

import asyncio
import contextlib
import socket

_CHUNK_BYTES = 4096
_BUFFER_BYTES = 32 * 1024


class SimulatedLink:
    """Listens on a port of 127.0.0.1 and carries bytes to another. What the camera sends shares `rate_bps`, fairly."""

    def __init__(self, host: str, port: int, *, rate_bps: float | None = None) -> None:
        self._target = (host, port)
        self.rate_bps = rate_bps
        """Bits per second towards us, of all connections together; None: as fast as may be."""
        self.bytes_carried = 0
        self._up = True
        self._turn = asyncio.Lock()
        self._free_at_s = 0.0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def start(self) -> None:
        """Opens the port."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Closes everything."""
        if self._server is not None:
            self._server.close()
        await self.cut()

    async def cut(self) -> None:
        """Every connection ends, and none can be opened."""
        self._up = False
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0)

    def restore(self) -> None:
        """Connections can be opened again."""
        self._up = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        far: asyncio.StreamWriter | None = None
        try:
            if self._up:
                wire = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
                wire.setblocking(False)
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
                await asyncio.get_running_loop().sock_connect(wire, self._target)
                far_reader, far = await asyncio.open_connection(sock=wire, limit=_BUFFER_BYTES)
                self._open.add(far)
                writer.transport.set_write_buffer_limits(high=_BUFFER_BYTES)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._carry(reader, far, slowed=False))
                    group.create_task(self._carry(far_reader, writer, slowed=True))
        except* (OSError, EOFError):
            pass
        finally:
            for one in (writer, far):
                if one is not None:
                    self._open.discard(one)
                    one.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slowed: bool) -> None:
        while data := await reader.read(_CHUNK_BYTES):
            if slowed:
                await self._wait_for_turn(len(data))
                self.bytes_carried += len(data)
            writer.write(data)
            await writer.drain()
        with contextlib.suppress(OSError):
            writer.close()
        raise EOFError

    async def _wait_for_turn(self, size_bytes: int) -> None:
        if self.rate_bps is None:
            return
        loop = asyncio.get_running_loop()
        async with self._turn:
            begins_s = max(loop.time(), self._free_at_s)
            self._free_at_s = begins_s + size_bytes * 8 / self.rate_bps
            if begins_s > loop.time():
                await asyncio.sleep(begins_s - loop.time())
