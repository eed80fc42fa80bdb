"""Prefect as a peer of the bench: a server on Postgres, a served deployment and a task worker."""

import asyncio
import os
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

from moments import Moments
from processes import end_descendants, free_port, memory_mb, start_process, wait_until
from serve import Peer, database_url, serve, stop_on_signals, take_stdout

PREFECT = str(Path(sys.executable).with_name("prefect"))
FLOWS = str(Path(__file__).with_name("prefect_flows.py"))
TASKS_OF_A_RUN = 10
RUNS_AT_ONCE = 8
UP_TIMEOUT_S = 150
START_TIMEOUT_S = 100

NOTES = [
    "chain, fan-out and no-op tasks: flows called in a process that is up, which is the fastest that Prefect has: nothing is enqueued, and states of tasks reach the database behind the flow's back; Millrace commits each before it goes on",
    f"no-op tasks are in runs of ten (a diamond), {RUNS_AT_ONCE} runs at once, not laid up; async tasks in one process",
    "latency: a background task, delayed in one process and taken by a task worker in another",
    "update: an event, an automation that it triggers, and a served deployment that polls every second (the least it can; 10 s by default) and starts a process for each run",
]


def settings(home: str, port: int) -> dict[str, str]:
    return {
        "PREFECT_HOME": home,
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": database_url("postgresql+asyncpg"),
        "PREFECT_SERVER_UI_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "WARNING",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_RUNNER_POLL_FREQUENCY": "1",
        "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
        "DO_NOT_TRACK": "1",
    }


class Prefect:
    """To be made when the settings are in the environment, which Prefect reads as it is imported."""

    def __init__(self, moments: Moments):
        import prefect_flows
        from prefect.client.orchestration import get_client
        from prefect.events import emit_event

        self._flows = prefect_flows
        self._emit_event = emit_event
        self._api = get_client(sync_client=True)
        self._moments = moments
        wait_until("the consumer is deployed", self._is_deployed, UP_TIMEOUT_S, 0.2)

    def tasks(self, command: dict) -> float:
        return self._time(self._diamonds(command["count"] // TASKS_OF_A_RUN))

    def chain(self, command: dict) -> float:
        return self._time(self._flows.chain(command["length"]))

    def fan_out(self, command: dict) -> float:
        return self._time(self._flows.fan_out(command["width"]))

    def latency(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        self._flows.single.delay()
        return self._moments.ms_until("single", since_ns, START_TIMEOUT_S)

    def update(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        self._emit_event(self._flows.UPDATED, self._flows.WATCHED)
        took_ms = self._moments.ms_until("consumer", since_ns, START_TIMEOUT_S)
        wait_until("the consumer has ended", self._has_ended, START_TIMEOUT_S, 0.1)
        return took_ms

    async def _diamonds(self, runs: int) -> None:
        slots = asyncio.Semaphore(RUNS_AT_ONCE)

        async def one() -> None:
            async with slots:
                await self._flows.diamond()

        await asyncio.gather(*(one() for _ in range(runs)))

    def _time(self, work) -> float:
        since = time.monotonic()
        asyncio.run(_awaited(work))
        return (time.monotonic() - since) * 1000

    def _is_deployed(self) -> bool:
        return any(each.name == self._flows.CONSUMER for each in self._api.read_deployments())

    def _has_ended(self) -> bool:
        return all(run.state.is_final() for run in self._api.read_flow_runs(limit=20) if run.deployment_id)


async def _awaited(work):
    return await work


def answers_health(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health") as answer:
            return answer.status == 200
    except urllib.error.URLError:
        return False


def main() -> None:
    answers = take_stdout()
    stop_on_signals()
    home = tempfile.mkdtemp(prefix="prefect-")
    moments = Moments(home)
    try:
        port = free_port()
        os.environ.update(settings(home, port))
        start_process(PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port))
        url = os.environ["PREFECT_API_URL"]
        wait_until("the server answers", lambda: answers_health(url), UP_TIMEOUT_S, 0.2)
        start_process(sys.executable, FLOWS, "consumer")
        start_process(sys.executable, FLOWS, "tasks")
        prefect = Prefect(moments)
        handlers = {
            "tasks": prefect.tasks,
            "chain": prefect.chain,
            "fanOut": prefect.fan_out,
            "latency": prefect.latency,
            "update": prefect.update,
        }
        serve(answers, Peer("prefect", version("prefect"), NOTES, handlers), memory_mb)
    finally:
        end_descendants()
        moments.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
