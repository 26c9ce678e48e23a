"""Keys that browsers subscribe with for web push (applicationServerKey, RFC 8292): one is given out, older ones hold."""

from pathlib import Path

import structlog

from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()


class ServerKeys:
    """The public halves of notifier's VAPID keys, the current one first; a file is read again when it changes."""

    def __init__(self, value: str | None, file: Path | None) -> None:
        """`value` (keys between spaces) counts where it is given, else the file, a key a line. Neither: push is off."""
        self._given = tuple(value.split()) if value else ()
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._read: tuple[str, ...] = ()

    def read(self) -> tuple[str, ...]:
        """Keys that hold now, the current one first; none: push is off."""
        if self._given or self._file is None:
            return self._given
        try:
            stat = self._file.stat()
            version = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if version != self._seen:
                self._seen = version
                self._read = tuple(
                    line.strip().rstrip("=") for line in self._file.read_text("ascii").splitlines() if line.strip()
                )
                log.info("push_keys_read", file=self._file.name, keys=len(self._read))
        except FileNotFoundError:
            self._read, self._seen = (), None
        except (OSError, ValueError) as error:
            log.error("push_keys_unreadable", file=self._file.name, error=str(error))  # noqa: TRY400 the text says it all
        return self._read

    @property
    def current(self) -> str | None:
        """The key that browsers are given; None when push is off."""
        return next(iter(self.read()), None)

    def check(self, key: str | None) -> None:
        """AppError(INVALID) for a key that no message could be signed with; fine for a browser that did not say."""
        if key is not None and key.rstrip("=") not in self.read():
            detail = "This browser subscribed with a key that the town does not use (any more). Switch notices off and on again."
            errors = [{"pointer": "/body/application_server_key", "code": "push-server-key-unknown", "detail": detail}]
            raise AppError(Kind.INVALID, "push-server-key-unknown", detail, errors=errors)
