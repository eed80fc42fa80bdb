"""An Airflow for tests: all parts of one, on a Postgres database, until its stdin ends.

It speaks the protocol of the bench's peers. Its commands are `stopApi` and `startApi`; the second
takes another key for tokens each time, as a deployment without a key of its own does.
"""

import json
import os
import secrets
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

from airflow_settings import settings
from processes import (
    end_descendants,
    end_process,
    memory_mb,
    run_process,
    start_process,
    wait_until,
)
from serve import Peer, database_url, serve, stop_on_signals, take_stdout

DAGS = Path(__file__).parent / "dags"
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
PORT = int(os.environ["AIRFLOW_TEST_PORT"])
PASSWORD = os.environ["AIRFLOW_TEST_PASSWORD"]
TOKEN_S = os.environ["AIRFLOW_TEST_TOKEN_S"]
UP_TIMEOUT_S = 400
# Often enough for tests; the least would keep a core busy.
IDLE_SLEEP_S = 0.25


class Airflow3:
    api = ["api-server"]
    others = [["scheduler", "--skip-serve-logs"], ["dag-processor"], ["triggerer", "--skip-serve-logs"]]
    health = "/api/v2/monitor/health"

    def settings(self, home: str) -> dict[str, str]:
        passwords = Path(home) / "passwords.json"
        passwords.write_text(json.dumps({"viewer": PASSWORD, "operator": PASSWORD}))
        return {
            **settings(home, PORT, DAGS),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "viewer:viewer,operator:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME": TOKEN_S,
            "AIRFLOW__API_AUTH__JWT_LEEWAY": "0",
            # The first answer of its API to a task takes longer than 5 seconds on a busy machine.
            "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "60",
        }

    def make_users(self) -> None:
        pass

    def change_key(self) -> None:
        os.environ["AIRFLOW__API_AUTH__JWT_SECRET"] = secrets.token_hex(32)


class Airflow2:
    api = ["webserver"]
    others = [["scheduler", "--skip-serve-logs"], ["triggerer", "--skip-serve-logs"]]
    health = "/health"

    def settings(self, home: str) -> dict[str, str]:
        return {
            "AIRFLOW_HOME": home,
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__PARALLELISM": "8",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database_url("postgresql+psycopg2"),
            "AIRFLOW__API__AUTH_BACKENDS": "airflow.providers.fab.auth_manager.api.auth.backend.basic_auth",
            "AIRFLOW__WEBSERVER__WEB_SERVER_HOST": "127.0.0.1",
            "AIRFLOW__WEBSERVER__WEB_SERVER_PORT": str(PORT),
            "AIRFLOW__WEBSERVER__BASE_URL": f"http://127.0.0.1:{PORT}",
            "AIRFLOW__WEBSERVER__WORKERS": "1",
            "AIRFLOW__WEBSERVER__SECRET_KEY": secrets.token_hex(16),
            "AIRFLOW__SCHEDULER__MIN_FILE_PROCESS_INTERVAL": "3600",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        }

    def make_users(self) -> None:
        # Each takes seconds: one will do.
        who = ["--username", "operator", "--password", PASSWORD, "--role", "Admin"]
        named = ["--firstname", "O", "--lastname", "P", "--email", "operator@example.com"]
        run_process(AIRFLOW, "users", "create", *who, *named)

    def change_key(self) -> None:
        os.environ["AIRFLOW__WEBSERVER__SECRET_KEY"] = secrets.token_hex(16)


class Server:
    def __init__(self, release: Airflow2 | Airflow3):
        self._release = release
        self._api = None

    def start(self, home: str) -> None:
        release = self._release
        os.environ.update(release.settings(home))
        os.environ["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] = str(IDLE_SLEEP_S)
        run_process(AIRFLOW, "db", "migrate")
        release.make_users()
        # First: a task of Airflow 3 that does not reach it fails.
        self.start_api({})
        for part in release.others:
            start_process(AIRFLOW, *part)

    def start_api(self, _command: dict) -> float:
        self._api = start_process(AIRFLOW, *self._release.api)
        wait_until("the API server answers", self._answers, UP_TIMEOUT_S, 0.2)
        return 0

    def stop_api(self, _command: dict) -> float:
        end_process(self._api)
        self._release.change_key()
        return 0

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{PORT}{self._release.health}", timeout=5):
                return True
        except (urllib.error.URLError, OSError):
            return False


def main() -> None:
    answers = take_stdout()
    stop_on_signals()
    release = version("apache-airflow")
    home = tempfile.mkdtemp(prefix="airflow-")
    try:
        server = Server(Airflow2() if release.startswith("2.") else Airflow3())
        server.start(home)
        handlers = {"stopApi": server.stop_api, "startApi": server.start_api}
        serve(answers, Peer("airflow", release, [], handlers), memory_mb)
    finally:
        end_descendants()
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
