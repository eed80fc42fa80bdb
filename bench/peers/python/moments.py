"""When something began in another process of this machine, told through a datagram socket."""

import os
import socket
import time

ADDRESS_VARIABLE = "PEER_MOMENTS"


def tell_moment(name: str) -> None:
    """Called by a handler in its first line. The monotonic clock is one for all processes of a machine."""
    now_ns = time.monotonic_ns()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(f"{name} {now_ns}".encode(), os.environ[ADDRESS_VARIABLE])


class Moments:
    """Where moments are told; its address is in the environment of processes that start later."""

    def __init__(self, directory: str):
        address = os.path.join(directory, "moments.sock")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address)
        os.environ[ADDRESS_VARIABLE] = address

    def ms_until(self, name: str, since_ns: int, timeout_s: float) -> float:
        """Milliseconds from `since_ns` until the first moment of that name after it.

        Raises TimeoutError when it does not come."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            told, at_ns = self._socket.recv(256).decode().split()
            if told == name and int(at_ns) >= since_ns:
                return (int(at_ns) - since_ns) / 1e6
        raise TimeoutError(f"{name} did not start in {timeout_s} s")

    def close(self) -> None:
        self._socket.close()
