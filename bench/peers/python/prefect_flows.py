"""What Prefect is measured with, and the processes that serve it."""

import asyncio
import sys

from moments import tell_moment
from prefect import flow, task
from prefect.events import DeploymentEventTrigger
from prefect.task_worker import serve

UPDATED = "dataset.updated"
WATCHED = {"prefect.resource.id": "dataset.watched"}
CONSUMER = "bench"


@task
async def nothing(_=None):
    pass


@task
async def items(width: int):
    return list(range(width))


@task
async def single():
    tell_moment("single")


@flow
async def chain(length: int):
    before = None
    for _ in range(length):
        before = await nothing(before)


@flow
async def fan_out(width: int):
    every = await items(width)
    await nothing(await asyncio.gather(*(nothing(each) for each in every)))


@flow
async def diamond():
    first = await nothing()
    await nothing(await asyncio.gather(*(nothing(first) for _ in range(8))))


@flow
async def consumer():
    await consume()


@task
async def consume():
    tell_moment("consumer")


def serve_consumer() -> None:
    on_update = DeploymentEventTrigger(expect={UPDATED}, match=WATCHED)
    consumer.serve(name=CONSUMER, triggers=[on_update], print_starting_message=False)


if __name__ == "__main__":
    if sys.argv[1] == "consumer":
        serve_consumer()
    else:
        serve(single)
