import { dataset, pipeline, updated } from "@millrace/core";
import { definitionOf, type PipelineDefinition } from "@millrace/core/internal";
import type { Outside, Plan, ProcessPlan, Step } from "./plan.ts";
import { CALM } from "./weather.ts";

const raw = dataset("raw");
const clean = dataset("clean");

export interface SmallOptions extends Partial<
  Pick<Plan, "weather" | "faults" | "stormMs" | "judge">
> {
  readonly seed?: number;
  readonly processes?: number;
  /** How long a handler works. */
  readonly workMs?: number;
  readonly updates?: number;
  /** What happens beside the updates. */
  readonly steps?: readonly Step[];
}

/** A chain of two pipelines that is told of some updates: enough to try the world itself. */
export function smallPlan(options: SmallOptions = {}): Plan {
  const { seed = 1, processes = 2, workMs = 400, updates = 12, steps = [], ...rest } = options;
  return {
    ...{ weather: CALM, faults: [], stormMs: 20_000, ...rest },
    seed,
    startsAt: Date.UTC(2026, 2, 1),
    processes: Array.from({ length: processes }, (_, index) => processPlan(index, workMs)),
    steps: [
      registers(workMs),
      ...Array.from({ length: updates }, (_, index) => tells(index)),
      ...steps,
    ],
  };
}

function processPlan(index: number, workMs: number): ProcessPlan {
  return {
    name: `p${index}`,
    slots: 3,
    scheduler: true,
    sweeper: true,
    clockOffsetMs: index * 3_600_000,
    definitions: (_, outside) => definitions(workMs, outside),
  };
}

function registers(workMs: number): Step {
  return {
    atMs: 0,
    label: "register",
    async act({ store }) {
      const pipelines = definitions(workMs, null).map(({ spec }) => spec);
      await again(() => store.register({ name: "small", build: null, pipelines }));
    },
  };
}

function tells(index: number): Step {
  return {
    atMs: 500 + index * 1_000,
    label: `update ${index}`,
    async act({ store, follow }) {
      const about = { dataset: "default/raw", partition: {}, kind: "changed", uri: null } as const;
      const source = { type: "api", key: "test" };
      const keys = { idempotencyKey: `update ${index}`, correlationId: null };
      const update = { ...about, metadata: { index }, source, ...keys };
      follow(await again(() => store.recordUpdates([update])));
    },
  };
}

/** As every client does that has a key for what it asks. */
async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 20) throw error;
    }
  }
}

function definitions(workMs: number, outside: Outside | null): readonly PipelineDefinition[] {
  const work = async (): Promise<void> => {
    await outside?.sleep(workMs);
    outside?.count("handlers that ended");
  };
  const refine = pipeline("refine", { on: { raw: updated(raw, { each: true }) } }, ({ task }) => {
    const retries = { limit: 5, delay: "500ms" } as const;
    const load = task("load", { retries }, work);
    task("write", { needs: { load }, retries, produces: { clean } }, async ({ produces }) => {
      await work();
      await produces.clean.update();
    });
  });
  const show = pipeline("show", { on: { clean: updated(clean, { each: true }) } }, ({ task }) => {
    task("show", work);
  });
  return [refine, show].map(definitionOf);
}
