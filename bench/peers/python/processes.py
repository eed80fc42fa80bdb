"""The processes that a peer consists of."""

import socket
import subprocess
import sys
import time
from collections.abc import Callable

import psutil

GRACE_S = 3
_started: list[subprocess.Popen] = []


def start_process(*command: str) -> subprocess.Popen:
    """One that prints to stderr, and stays in the process group of the driver, so as to end with it."""
    started = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
    _started.append(started)
    return started


def run_process(*command: str) -> None:
    """Raises CalledProcessError when it fails."""
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def wait_until(what: str, holds: Callable[[], bool], timeout_s: float, every_s: float = 0.01) -> None:
    """Asks again and again.

    Raises TimeoutError when the answer stays no, ChildProcessError when a started process ends."""
    deadline = time.monotonic() + timeout_s
    while not holds():
        _check_started()
        if time.monotonic() > deadline:
            raise TimeoutError(f"not in {timeout_s} s: {what}")
        time.sleep(every_s)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory_mb() -> float:
    """Resident memory of the driver's children and theirs; what they share is counted once."""
    return sum(_proportional_bytes(each) for each in _descendants()) / 2**20


def end_process(started: subprocess.Popen) -> None:
    """Ends one that was started, and all below it."""
    _started.remove(started)
    top = psutil.Process(started.pid)
    _end([*top.children(recursive=True), top])
    started.wait()


def end_descendants() -> None:
    """Ends all processes below this one."""
    _end(_descendants())
    # What was started meanwhile.
    for each in _descendants():
        _quietly(each.kill)


def _check_started() -> None:
    for each in _started:
        if each.poll() is not None:
            raise ChildProcessError(f"{' '.join(each.args)} ended with {each.returncode}")


def _end(processes: list[psutil.Process]) -> None:
    """Kindly at first."""
    for each in processes:
        _quietly(each.terminate)
    _, alive = psutil.wait_procs(processes, timeout=GRACE_S)
    for each in alive:
        _quietly(each.kill)


def _descendants() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _proportional_bytes(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return getattr(full, "pss", full.rss)  # Only Linux tells the proportional size.
    except psutil.Error:
        return 0  # Gone meanwhile.


def _quietly(signal_it: Callable[[], None]) -> None:
    try:
        signal_it()
    except psutil.NoSuchProcess:
        pass  # That was to be.
