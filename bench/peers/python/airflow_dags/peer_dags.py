"""What Airflow is measured with."""

from datetime import timedelta

from airflow.sdk import DAG, Asset, chain, task
from moments import tell_moment

CHAIN_LENGTH = 10
# Enough not to be what is measured.
PARALLEL_MAX = 1_000

manual = {
    "schedule": None,
    "max_active_tasks": PARALLEL_MAX,
    "max_active_runs": PARALLEL_MAX,
    "default_args": {"retry_delay": timedelta(0)},
}


@task
def nothing(_=None):
    pass


with DAG("chain", **manual):
    chain(*(nothing.override(task_id=f"t{place}")() for place in range(CHAIN_LENGTH)))


with DAG("fan_out", **manual):

    @task
    def items(params=None, dag_run=None):
        return list(range(dag_run.conf["width"]))

    @task
    def each(_):
        pass

    each.expand(_=items()) >> nothing.override(task_id="join")()


# Paused, so that its runs can be laid up.
with DAG("diamond", is_paused_upon_creation=True, **manual):
    middle = [nothing.override(task_id=f"middle_{place}")() for place in range(8)]
    nothing.override(task_id="first")() >> middle >> nothing.override(task_id="last")()


with DAG("single", **manual):

    @task
    def single():
        tell_moment("single")

    single()


with DAG("consumer", **{**manual, "schedule": [Asset("watched")]}):

    @task
    def consume():
        tell_moment("consumer")

    consume()
