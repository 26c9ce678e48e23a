"""TCP ports on the loopback address. Standard library only."""

import secrets
import socket
from pathlib import Path

HOST = "127.0.0.1"
_LOWEST = 20_000


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different. Another process may still take one: the caller must be able to fail.

    They lie below the range from which the kernel gives ports to outgoing connections: one of those could take a port between
    the choice and the start of its server.
    """
    lowest_outgoing = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text(encoding="ascii").split()[0])
    candidates = range(_LOWEST, lowest_outgoing) if lowest_outgoing > _LOWEST + 1000 else range(_LOWEST, 65536)
    chosen: list[int] = []
    while len(chosen) < count:
        port = secrets.choice(candidates)
        if port not in chosen and not is_taken(port) and not is_taken(port, socket.SOCK_DGRAM):
            chosen.append(port)
    return chosen


def is_taken(port: int, kind: socket.SocketKind = socket.SOCK_STREAM) -> bool:
    """True if another process holds the port on the loopback address."""
    with socket.socket(socket.AF_INET, kind) as one:
        if kind == socket.SOCK_STREAM:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections in TIME_WAIT do not matter
        try:
            one.bind((HOST, port))
        except OSError:
            return True
        return False
