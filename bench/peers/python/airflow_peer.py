"""Airflow as a peer of the bench: scheduler, DAG processor and API server, as a deployment has them."""

import os
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import httpx
import psycopg2
from airflow_settings import HERE, PARALLELISM, settings
from moments import Moments
from processes import end_descendants, free_port, memory_mb, run_process, start_process, wait_until
from serve import Peer, database_url, serve, stop_on_signals, take_stdout

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
DAGS = {"chain", "fan_out", "diamond", "single", "consumer"}
CHAIN_LENGTH = 10
TASKS_OF_A_RUN = 10
IDLE_SLEEP_S = 0.05
UP_TIMEOUT_S = 120
RUN_TIMEOUT_S = 300

NOTES = [
    f"LocalExecutor with {PARALLELISM} workers; the scheduler sleeps {IDLE_SLEEP_S * 1000:.0f} ms when it has nothing to do (1 s by default)",
    "each task of Airflow is a process of its own, which Millrace's handlers are not unless they ask for it",
    "runs are started and updates reported through the REST API, ends are seen in the metadata database every 10 ms",
    "no-op tasks are in runs of ten (a diamond), laid up while the DAG is paused",
]


def peer_settings(home: str, port: int) -> dict[str, str]:
    return {
        **settings(home, port, HERE / "airflow_dags"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": str(IDLE_SLEEP_S),
    }


class Airflow:
    def __init__(self, api_url: str, moments: Moments):
        self._database = psycopg2.connect(database_url("postgresql"))
        self._database.autocommit = True
        self._moments = moments
        wait_until("the API server answers", lambda: self._answers(api_url), UP_TIMEOUT_S, 0.2)
        token = httpx.get(f"{api_url}/auth/token").raise_for_status().json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        self._api = httpx.Client(base_url=f"{api_url}/api/v2", headers=headers, timeout=60)
        wait_until("the DAGs are known", self._knows_dags, UP_TIMEOUT_S, 0.2)
        self._asset = self._one("select id from asset where name = 'watched'")

    def tasks(self, command: dict) -> float:
        for _ in range(command["count"] // TASKS_OF_A_RUN):
            self._start("diamond")
        since = time.monotonic()
        self._pause("diamond", False)
        self._await_end("diamond")
        took_ms = (time.monotonic() - since) * 1000
        self._pause("diamond", True)
        return took_ms

    def chain(self, command: dict) -> float:
        if command["length"] != CHAIN_LENGTH:
            raise ValueError(f"its chain has {CHAIN_LENGTH} tasks")
        return self._run("chain")

    def fan_out(self, command: dict) -> float:
        return self._run("fan_out", {"width": command["width"]})

    def latency(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        self._start("single")
        return self._first_start("single", since_ns)

    def update(self, _command: dict) -> float:
        time.sleep(0.1)
        since_ns = time.monotonic_ns()
        self._post("/assets/events", {"asset_id": self._asset})
        return self._first_start("consumer", since_ns, "consumer")

    def _first_start(self, name: str, since_ns: int, dag: str | None = None) -> float:
        took_ms = self._moments.ms_until(name, since_ns, RUN_TIMEOUT_S)
        self._await_end(dag or name)
        return took_ms

    def _run(self, dag: str, conf: dict | None = None) -> float:
        since = time.monotonic()
        self._start(dag, conf)
        self._await_end(dag)
        return (time.monotonic() - since) * 1000

    def _start(self, dag: str, conf: dict | None = None) -> None:
        self._post(f"/dags/{dag}/dagRuns", {"logical_date": None, "conf": conf or {}})

    def _await_end(self, dag: str) -> None:
        count = "select count(*) from dag_run where dag_id = %s and state "
        is_open = count + "in ('queued', 'running')"
        wait_until(f"{dag} has ended", lambda: self._one(is_open, dag) == 0, RUN_TIMEOUT_S)
        if self._one(count + "= 'failed'", dag) > 0:
            raise RuntimeError(f"a run of {dag} failed")

    def _pause(self, dag: str, is_paused: bool) -> None:
        self._api.patch(f"/dags/{dag}", json={"is_paused": is_paused}).raise_for_status()

    def _post(self, path: str, body: dict) -> None:
        answer = self._api.post(path, json=body)
        if answer.is_error:
            raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text}")

    def _answers(self, api_url: str) -> bool:
        try:
            return httpx.get(f"{api_url}/api/v2/version").is_success
        except httpx.TransportError:
            return False

    def _knows_dags(self) -> bool:
        dags = self._one("select count(*) from dag where not is_stale and dag_id = any(%s)", [*DAGS])
        return dags == len(DAGS) and self._one("select count(*) from asset_active") == 1

    def _one(self, query: str, *values):
        with self._database.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone()[0]


def main() -> None:
    answers = take_stdout()
    stop_on_signals()
    home = tempfile.mkdtemp(prefix="airflow-")
    moments = Moments(home)
    try:
        port = free_port()
        os.environ.update(peer_settings(home, port))
        run_process(AIRFLOW, "db", "migrate")
        start_process(AIRFLOW, "api-server")
        start_process(AIRFLOW, "scheduler", "--skip-serve-logs")
        start_process(AIRFLOW, "dag-processor")
        airflow = Airflow(f"http://127.0.0.1:{port}", moments)
        handlers = {
            "tasks": airflow.tasks,
            "chain": airflow.chain,
            "fanOut": airflow.fan_out,
            "latency": airflow.latency,
            "update": airflow.update,
        }
        peer = Peer("airflow", version("apache-airflow-core"), NOTES, handlers)
        serve(answers, peer, memory_mb)
    finally:
        end_descendants()
        moments.close()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
