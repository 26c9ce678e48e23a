"""What arrived at the simulated devices: the newest kept, everything counted."""

import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TextIO

SinkChannel = Literal["push", "email", "sms", "webhook"]
CHANNELS: tuple[SinkChannel, ...] = ("push", "email", "sms", "webhook")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as a device got it."""

    id: int
    channel: SinkChannel
    to: str
    at: str
    """When it arrived, RFC 3339 UTC."""
    key: str
    """Equal for repeats of the same message: push payload under its topic, Message-ID, the gateway's idx."""
    subject: str = ""
    text: str = ""
    html: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    repeat: bool = False
    """True: the device already has this very message and shows nothing new."""


class Mailbox:
    """Keeps the last `keep` arrivals in memory, writes all to `data` when given, counts all of them.

    Safe to use from one event loop; `add` never blocks longer than one short file write.
    """

    def __init__(self, *, keep: int = 2000, data: Path | None = None) -> None:
        self._arrivals: deque[Arrival] = deque(maxlen=keep)
        self._seen: set[int] = set()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last_id = 0
        self._log: TextIO | None = None
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
            path = data / "arrivals.jsonl"
            if path.exists():
                self._replay(path)
            self._log = path.open("a", encoding="utf-8", buffering=1)

    def _replay(self, path: Path) -> None:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    arrival = Arrival(**json.loads(line))
                except (ValueError, TypeError):
                    continue  # a line torn by a crash of the simulator
                self._remember(arrival)

    def _remember(self, arrival: Arrival) -> None:
        self._last_id = max(self._last_id, arrival.id)
        self._seen.add(hash((arrival.channel, arrival.to, arrival.key)))
        self._counts[arrival.channel, "repeats" if arrival.repeat else "shown"] += 1
        self._arrivals.append(arrival)

    @property
    def last_id(self) -> int:
        """Id of the newest arrival; 0 when nothing came yet."""
        return self._last_id

    def add(
        self,
        channel: SinkChannel,
        to: str,
        *,
        key: str,
        subject: str = "",
        text: str = "",
        html: str = "",
        headers: dict[str, str] | None = None,
    ) -> Arrival:
        """Store one arrival; marks it as a repeat when the same `key` reached the same device before."""
        arrival = Arrival(
            id=self._last_id + 1,
            channel=channel,
            to=to,
            at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            key=key,
            subject=subject,
            text=text,
            html=html,
            headers=headers or {},
            repeat=hash((channel, to, key)) in self._seen,
        )
        self._remember(arrival)
        if self._log is not None:
            self._log.write(json.dumps(asdict(arrival), ensure_ascii=False) + "\n")
        return arrival

    def refuse(self, channel: SinkChannel, cause: str) -> None:
        """Count a message that the simulated provider did not take."""
        self._counts[channel, f"refused {cause}"] += 1

    def find(self, *, channel: str = "", to: str = "", since_id: int = 0, since: datetime | None = None) -> Iterator[Arrival]:
        """Kept arrivals, oldest first, after `since_id` and from the instant `since` on; `to` is a part of the address."""
        to = to.strip(" +")
        for arrival in self._arrivals:
            if arrival.id <= since_id or (channel and arrival.channel != channel) or (to and to not in arrival.to):
                continue
            if since is not None and datetime.fromisoformat(arrival.at) < since:
                continue
            yield arrival

    def get(self, arrival_id: int) -> Arrival | None:
        """One kept arrival."""
        return next((arrival for arrival in self._arrivals if arrival.id == arrival_id), None)

    def counts(self) -> dict[str, dict[str, Any]]:
        """Per channel: how many messages the devices show, how many repeats came, how many were refused and why."""
        result: dict[str, dict[str, Any]] = {channel: {"shown": 0, "repeats": 0, "refused": {}} for channel in CHANNELS}
        for (channel, what), count in self._counts.items():
            if what.startswith("refused "):
                result[channel]["refused"][what.removeprefix("refused ")] = count
            else:
                result[channel][what] = count
        return result

    def clear(self) -> None:
        """Forget everything, also in the file; ids go on growing."""
        self._arrivals.clear()
        self._seen.clear()
        self._counts.clear()
        if self._log is not None:
            self._log.truncate(0)

    def close(self) -> None:
        """Close the file."""
        if self._log is not None:
            self._log.close()
            self._log = None
