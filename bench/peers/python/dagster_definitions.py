"""What Dagster is measured with."""

from dagster import (
    AssetKey,
    DefaultSensorStatus,
    Definitions,
    DynamicOut,
    DynamicOutput,
    RunRequest,
    asset_sensor,
    in_process_executor,
    job,
    op,
)
from moments import tell_moment

CHAIN_LENGTH = 10
WATCHED = AssetKey("watched")


@op
def first():
    return 0


@op
def nothing(before):
    return before


@op
def join(befores: list):
    pass


@op(out=DynamicOut(), config_schema={"width": int})
def items(context):
    for place in range(context.op_config["width"]):
        yield DynamicOutput(place, mapping_key=str(place))


@op
def tell_single():
    tell_moment("single")


@op
def tell_consumer():
    tell_moment("consumer")


@job(executor_def=in_process_executor)
def chain():
    before = first()
    for place in range(1, CHAIN_LENGTH):
        before = nothing.alias(f"t{place}")(before)


@job(executor_def=in_process_executor)
def fan_out():
    join(items().map(nothing).collect())


@job(executor_def=in_process_executor)
def diamond():
    begun = first()
    join([nothing.alias(f"middle_{place}")(begun) for place in range(8)])


@job(executor_def=in_process_executor)
def single():
    tell_single()


@job(executor_def=in_process_executor)
def consumer():
    tell_consumer()


@asset_sensor(
    asset_key=WATCHED,
    job=consumer,
    minimum_interval_seconds=1,
    default_status=DefaultSensorStatus.RUNNING,
)
def on_update(context, event):
    yield RunRequest(run_key=context.cursor)


defs = Definitions(jobs=[chain, fan_out, diamond, single, consumer], sensors=[on_update])
