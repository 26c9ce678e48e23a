"""Which live worker a camera falls to: rendezvous hashing, so that a worker that comes or goes moves only its own share."""

import hashlib
from collections.abc import Iterable, Mapping


def order_of(camera_id: str, workers: Iterable[str], relaying: Mapping[str, int]) -> list[str]:
    """The workers in the order in which to ask them: first who relays the camera already (most views first), then by hash."""

    def rank(worker_id: str) -> tuple[int, bytes]:
        digest = hashlib.blake2b(f"{worker_id}\0{camera_id}".encode(), digest_size=8).digest()
        return relaying.get(worker_id, 0), digest

    return sorted(workers, key=rank, reverse=True)
