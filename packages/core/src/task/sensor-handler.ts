import type { Handler } from "../pipeline/definition.ts";
import type { Context } from "./context.ts";
import type { ExternalCheck, OnSensorTimeout, SensorBackoff } from "./sensor-options.ts";
import { SensorExpired, SensorFailed } from "./sensor-failed.ts";
import { TaskSkipped } from "./task-skipped.ts";

/** The options of a `sensor` that its handler needs. */
export interface WrittenSensor {
  readonly check: ExternalCheck | ((context: Context) => ExternalCheck);
  readonly every: string;
  readonly timeout?: string;
  readonly backoff?: "constant" | SensorBackoff;
  readonly onTimeout?: OnSensorTimeout;
}

/** A sensor is a task whose handler waits for a check, and makes an end of its answer. */
export function sensorHandler(written: WrittenSensor): Handler {
  const { check, every, timeout, backoff, onTimeout = "fail" } = written;
  return async (context: Context): Promise<unknown> => {
    const answer = await context.waitForCheck(
      typeof check === "function" ? check(context) : check,
      {
        every,
        ...(timeout !== undefined && { timeout }),
        ...(backoff !== undefined && { backoff }),
      },
    );
    if (answer.state === "done") return answer.value;
    if (answer.state === "timed_out") return timeIsUp(answer.seen);
    if (answer.state === "failed") throw new SensorFailed(answer.reason);
    throw new TaskSkipped(answer.reason);
  };

  function timeIsUp(last: string | null): unknown {
    if (typeof onTimeout === "object") return onTimeout.value;
    const seen = last === null ? "" : `; seen last: ${last}`;
    const message = `it did not come true within ${timeout}${seen}`;
    throw onTimeout === "skip" ? new TaskSkipped(message) : new SensorExpired(message);
  }
}
