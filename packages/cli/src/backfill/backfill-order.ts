import type { BackfillUpdates, ExistingPolicy } from "@millrace/core/internal";
import { BACKFILL_ACTIVE_MAX, type BackfillRequest } from "@millrace/postgres";
import type { CommandContext } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { wholeNumber } from "../input/number-input.ts";
import { toRecord } from "../input/pairs.ts";
import { schemasAtHand } from "../project/schemas-at-hand.ts";
import { toStart } from "../run/start-and-wait.ts";

/** The options of `millrace backfill plan`, as they were written. */
export interface PlanOptions {
  readonly from?: string;
  readonly to?: string;
  readonly key?: readonly string[];
  readonly param?: readonly string[];
  readonly existing: ExistingPolicy;
  readonly updates: BackfillUpdates;
  readonly maxActive: string;
  readonly file?: readonly string[];
}

/** The command line as a request, checked against what is known of the pipeline. */
export async function toRequest(
  context: CommandContext,
  { store }: OpenStore,
  typed: string,
  options: PlanOptions,
): Promise<BackfillRequest> {
  const { from = null, to = null, existing, updates } = options;
  const activeMax = wholeNumber("--max-active", options.maxActive, {
    min: 1,
    max: BACKFILL_ACTIVE_MAX,
  });
  const keys = toKeys(options.key ?? []);
  const order = {
    pipeline: typed,
    params: toRecord("--param", options.param ?? []),
    partition: {},
    ...{ idempotencyKey: null, traceparent: null },
    isWaitedFor: false,
    timeoutMs: Infinity,
    files: [],
  };
  const specs = (await store.listSpecs()).map(({ spec }) => spec);
  const schemas = await schemasAtHand(context, options.file ?? []);
  const { pipeline, params } = await toStart(order, specs, schemas);
  const selection = { type: "range", from, to, keys } as const;
  return { pipeline, selection, existing, updates, params, activeMax };
}

/** A key may be given several times: those are the values that are wanted. */
function toKeys(pairs: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const keys: Record<string, string[]> = {};
  for (const pair of pairs) {
    for (const [key, value] of Object.entries(toRecord("--key", [pair]))) {
      (keys[key] ??= []).push(value);
    }
  }
  return keys;
}
