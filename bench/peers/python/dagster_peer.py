"""Dagster as a peer of the bench: a code server, a daemon and a web server, on Postgres."""

import json
import logging
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

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
TASKS_OF_A_RUN = 10
UP_TIMEOUT_S = 150
RUN_TIMEOUT_S = 100

NOTES = [
    "chain, fan-out and no-op tasks: jobs executed in a process that is up, with the in-process executor, which is the fastest that Dagster has (the multiprocess executor starts a process for each step); nothing is enqueued, and the steps of a run come one after the other",
    "no-op tasks are in runs of ten (a diamond), one run at a time, not laid up",
    "latency: a run launched through GraphQL, with the default run coordinator, which launches at once; Dagster starts a process for each run",
    "update: a materialization reported to the instance, and an asset sensor, which the daemon evaluates every 5 s at the most",
]

LAUNCH = """mutation ($job: String!, $location: String!) {
  launchRun(executionParams: {mode: "default", selector: {
    repositoryLocationName: $location, repositoryName: "__repository__", pipelineName: $job
  }}) { __typename ... on PythonError { message } }
}"""
LOCATION = "bench"


def write_home(home: Path, code_port: int) -> None:
    """The settings of the instance, and where its code is; YAML is a superset of JSON."""
    instance = {
        "storage": {"postgres": {"postgres_url": database_url("postgresql+psycopg2")}},
        "run_coordinator": {
            "module": "dagster._core.run_coordinator",
            "class": "DefaultRunCoordinator",
        },
        "telemetry": {"enabled": False},
        "python_logs": {"python_log_level": "WARNING"},
    }
    code = {"host": "127.0.0.1", "port": code_port, "location_name": LOCATION}
    (home / "dagster.yaml").write_text(json.dumps(instance))
    (home / "workspace.yaml").write_text(json.dumps({"load_from": [{"grpc_server": code}]}))


class Dagster:
    """To be made when DAGSTER_HOME is in the environment, and before others may make the tables."""

    def __init__(self, moments: Moments):
        import dagster
        import dagster_definitions

        self._dagster = dagster
        self._jobs = dagster_definitions
        self._instance = dagster.DagsterInstance.get()
        self._moments = moments
        self._web_url = ""

    def start(self, home: Path, code_port: int) -> None:
        web_port = free_port()
        self._web_url = f"http://127.0.0.1:{web_port}"
        start_processes(home, code_port, web_port)
        wait_until("the web server answers", self._answers, UP_TIMEOUT_S, 0.2)
        wait_until("the sensor is evaluated", self._has_ticked, UP_TIMEOUT_S, 0.2)

    def tasks(self, command: dict) -> float:
        since = time.monotonic()
        for _ in range(command["count"] // TASKS_OF_A_RUN):
            self._execute(self._jobs.diamond)
        return (time.monotonic() - since) * 1000

    def chain(self, command: dict) -> float:
        if command["length"] != self._jobs.CHAIN_LENGTH:
            raise ValueError(f"its chain has {self._jobs.CHAIN_LENGTH} tasks")
        return self._execute(self._jobs.chain)

    def fan_out(self, command: dict) -> float:
        config = {"ops": {"items": {"config": {"width": command["width"]}}}}
        return self._execute(self._jobs.fan_out, config)

    def latency(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        launched = self._ask(LAUNCH, {"job": "single", "location": LOCATION})["launchRun"]
        if launched["__typename"] != "LaunchRunSuccess":
            raise RuntimeError(f"not launched: {launched}")
        return self._first_start("single", since_ns)

    def update(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        update = self._dagster.AssetMaterialization(self._jobs.WATCHED)
        self._instance.report_runless_asset_event(update)
        return self._first_start("consumer", since_ns)

    def _first_start(self, name: str, since_ns: int) -> float:
        took_ms = self._moments.ms_until(name, since_ns, RUN_TIMEOUT_S)
        wait_until(f"{name} has ended", self._is_at_rest, RUN_TIMEOUT_S, 0.05)
        return took_ms

    def _execute(self, job, config: dict | None = None) -> float:
        since = time.monotonic()
        job.execute_in_process(instance=self._instance, run_config=config)
        return (time.monotonic() - since) * 1000

    def _is_at_rest(self) -> bool:
        status = self._dagster.DagsterRunStatus
        statuses = [status.NOT_STARTED, status.QUEUED, status.STARTING, status.STARTED]
        return not self._instance.get_runs(self._dagster.RunsFilter(statuses=statuses), limit=1)

    def _has_ticked(self) -> bool:
        return any(
            state.instigator_data and state.instigator_data.last_tick_timestamp
            for state in self._instance.all_instigator_state()
        )

    def _answers(self) -> bool:
        try:
            return "version" in self._ask("query { version }", {})
        except urllib.error.URLError:
            return False

    def _ask(self, query: str, variables: dict) -> dict:
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self._web_url}/graphql", body, headers)
        with urllib.request.urlopen(request, timeout=RUN_TIMEOUT_S) as answer:
            told = json.load(answer)
        if "errors" in told:
            raise RuntimeError(f"GraphQL: {told['errors']}")
        return told["data"]


def start_processes(home: Path, code_port: int, web_port: int) -> None:
    workspace = str(home / "workspace.yaml")
    local = ["-h", "127.0.0.1"]
    code = ["-f", str(HERE / "dagster_definitions.py"), "-d", str(HERE), *local]
    start_process(str(BIN / "dagster"), "api", "grpc", *code, "-p", str(code_port))
    start_process(str(BIN / "dagster-daemon"), "run", "-w", workspace)
    start_process(str(BIN / "dagster-webserver"), "-w", workspace, *local, "-p", str(web_port))


def main() -> None:
    answers = take_stdout()
    stop_on_signals()
    logging.getLogger("dagster").setLevel(logging.WARNING)
    home = tempfile.mkdtemp(prefix="dagster-")
    moments = Moments(home)
    try:
        code_port = free_port()
        write_home(Path(home), code_port)
        os.environ.update({"DAGSTER_HOME": home, "PYTHONPATH": str(HERE)})
        dagster = Dagster(moments)
        dagster.start(Path(home), code_port)
        handlers = {
            "tasks": dagster.tasks,
            "chain": dagster.chain,
            "fanOut": dagster.fan_out,
            "latency": dagster.latency,
            "update": dagster.update,
        }
        serve(answers, Peer("dagster", version("dagster"), NOTES, handlers), memory_mb)
    finally:
        end_descendants()
        moments.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
