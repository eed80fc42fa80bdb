"""What the sensors of the tests wait for: tasks that do what files in the folder of their run say."""

import time
from datetime import datetime, timezone
from pathlib import Path

from airflow.exceptions import AirflowSkipException

try:
    from airflow.providers.standard.triggers.file import FileTrigger
    from airflow.sdk import DAG, BaseOperator, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models import BaseOperator
    from airflow.triggers.file import FileTrigger

# A task that is never told ends by itself.
WAIT_S = 300

manual = {"schedule": None, "start_date": datetime(2020, 1, 1, tzinfo=timezone.utc), "catchup": False}


def orders_of(dag_run) -> Path:
    return Path(dag_run.conf["orders"])


def obey(dag_run, name: str) -> None:
    """Waits for the file of that name, and does what it says."""
    order = orders_of(dag_run) / name
    deadline = time.monotonic() + WAIT_S
    while not order.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nobody told {name} what to do")
        time.sleep(0.2)
    said = order.read_text()
    if said == "skip":
        raise AirflowSkipException("told to")
    if said != "succeed":
        raise RuntimeError(f"told to {said}")


@task
def obedient(name, dag_run=None):
    obey(dag_run, name)


with DAG("single", **manual):
    obedient.override(task_id="work")("work")


with DAG("several", **manual):

    @task
    def extract():
        return ["part_0", "part_1", "part_2"]

    parts = extract()
    load = obedient.override(task_id="load")("load")
    report = obedient.override(task_id="report")("report")
    parts >> [load, report]
    report >> obedient.override(task_id="publish")("publish")
    obedient.override(task_id="part").expand(name=parts)


class Deferring(BaseOperator):
    """Gives its slot back until the file is there."""

    def execute(self, context):
        order = orders_of(context["dag_run"]) / self.task_id
        trigger = FileTrigger(filepath=str(order), poke_interval=0.5)
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context, event=None):
        obey(context["dag_run"], self.task_id)


with DAG("deferring", **manual):
    Deferring(task_id="work")


# Its runs stay in the queue.
with DAG("resting", is_paused_upon_creation=True, **manual):
    obedient.override(task_id="work")("work")


# Three days that it catches up with by itself.
with DAG(
    "daily",
    schedule="@daily",
    start_date=datetime(2024, 2, 1, tzinfo=timezone.utc),
    end_date=datetime(2024, 2, 3, tzinfo=timezone.utc),
    catchup=True,
):

    @task
    def nothing():
        pass

    nothing()
