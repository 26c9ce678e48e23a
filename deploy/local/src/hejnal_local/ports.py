"""TCP ports on the loopback address. Standard library only."""

import contextlib
import socket

HOST = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now, all different. Another process may still take one: the caller must be able to fail."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]


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
