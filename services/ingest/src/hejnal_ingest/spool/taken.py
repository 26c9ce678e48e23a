"""Which segments a recorder has fetched over HTTP; one on the same disk links them, then their link count says so."""

import re
from collections import OrderedDict

_REMEMBERED = 100_000
_RANGE = re.compile(r"^bytes=(\d{1,15})-(\d{1,15})$")


class FetchedSegments:
    """How far each segment has been handed out. Forgotten with the process: what is not known counts as not taken."""

    def __init__(self) -> None:
        self._ends: OrderedDict[str, int] = OrderedDict()

    def note(self, path: str, range_header: str, size_bytes: int) -> None:
        """A request for `<camera>/<run>/<segment>.mp4` was answered to its end."""
        match = _RANGE.match(range_header)
        end = min(int(match[2]) + 1, size_bytes) if match else size_bytes
        self._ends[path] = max(end, self._ends.get(path, 0))
        self._ends.move_to_end(path)
        if len(self._ends) > _REMEMBERED:
            self._ends.popitem(last=False)

    def whole(self, path: str, size_bytes: int) -> bool:
        """True when its last byte has been handed out."""
        return self._ends.get(path, 0) >= size_bytes

    def forget(self, path: str) -> None:
        """The segment is gone."""
        self._ends.pop(path, None)
