import type { JsonValue } from "@millrace/core/internal";
import type { PipelineDefinition } from "@millrace/core/internal";
import { waitForApproval } from "./approvals.ts";
import { waitForCheck } from "./check-waits.ts";
import { call, type CallParts } from "./calls.ts";
import { waitForEvent } from "./event-waits.ts";
import { waitForRun } from "./run-waits.ts";
import { sleep, sleepUntil } from "./sleeps.ts";
import { misuse, told } from "./wait-options.ts";

export interface DurableContextParts extends CallParts {
  readonly definition: PipelineDefinition;
}

/** The durable part of a handler's context; `Context` of core says what users see of it. */
export function durableContext(parts: DurableContextParts): object {
  const { durable, secrets, definition } = parts;
  const own = { runId: parts.claimed.runId, partitions: definition.spec.partitions };
  const guarded =
    <A extends readonly unknown[]>(method: (...given: A) => Promise<unknown>) =>
    (...given: A): Promise<unknown> =>
      durable.guard(() => method(...given));
  return {
    step: guarded((name: unknown, work: unknown) => step(parts, name, work)),
    sleep: guarded((duration: unknown, options?: unknown) => sleep(durable, duration, options)),
    sleepUntil: guarded((at: unknown, options?: unknown) => sleepUntil(durable, at, options)),
    waitForEvent: guarded((what: unknown, options?: unknown) =>
      waitForEvent(durable, what, options),
    ),
    waitForRun: guarded((which: unknown, options?: unknown) =>
      waitForRun(durable, own, which, options),
    ),
    call: guarded((pipeline: unknown, params?: unknown, options?: unknown) =>
      call(parts, pipeline, params, options),
    ),
    waitForCheck: guarded((check: unknown, options?: unknown) =>
      waitForCheck(durable, secrets, check, options),
    ),
    waitForApproval: guarded((options: unknown) => waitForApproval(durable, secrets, options)),
  };
}

async function step({ durable }: CallParts, name: unknown, work: unknown): Promise<JsonValue> {
  if (typeof work !== "function") {
    throw misuse(
      `step(${told(name)}) was given no function`,
      'write step("load", async () => { … })',
    );
  }
  return durable.step(name as string, () => work() as unknown);
}
