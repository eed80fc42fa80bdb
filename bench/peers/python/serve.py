"""The side of a peer in the protocol of the bench: a JSON command a line in, a JSON answer a line out."""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Handler = Callable[[dict], float]


@dataclass(frozen=True)
class Peer:
    name: str
    version: str
    # Settings, and what is not like for like.
    notes: list[str]
    # What each command takes, in milliseconds; commands that are not here it cannot do.
    handlers: dict[str, Handler] = field(default_factory=dict)


def database_url(scheme: str) -> str:
    """The database that is the peer's own, with the scheme that its driver is known by."""
    return urlsplit(os.environ["PEER_DATABASE_URL"])._replace(scheme=scheme).geturl()


def take_stdout():
    """The pipe that answers go to. What anything else prints, children too, goes to stderr from now on."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def serve(answers, peer: Peer, memory: Callable[[], float]) -> None:
    """Answers commands until one says stop, or until nobody is there to send any."""
    ready = {"ready": True, "name": peer.name, "version": peer.version, "notes": peer.notes}
    _tell(answers, {**ready, "does": list(peer.handlers)})
    for command in _commands(sys.stdin):
        if command["do"] == "stop":
            return
        _tell(answers, _answer(peer, memory, command))


def stop_on_signals() -> None:
    """Lets `finally` clean up when the process is told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(1))


def _answer(peer: Peer, memory: Callable[[], float], command: dict) -> dict:
    try:
        if command["do"] == "memory":
            return {"rssMb": memory()}
        return {"ms": peer.handlers[command["do"]](command)}
    except Exception as error:
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}"}


def _commands(lines: Iterable[str]):
    # Not `for line in sys.stdin`, which may wait for more than a line.
    while line := sys.stdin.readline():
        if line.strip():
            yield json.loads(line)


def _tell(answers, message: dict) -> None:
    answers.write(json.dumps(message) + "\n")
