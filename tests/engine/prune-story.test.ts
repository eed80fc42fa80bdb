import {
  type AttemptOutcome,
  type ClaimedTask,
  present,
  PRUNE_KINDS,
  type ReceivedFact,
} from "@millrace/core/internal";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Engine, failed, type Handlers, ok, produced, startEngine } from "./engine.ts";
import { DAY, datasetSpec, declare, leg, pipelineSpec, taskSpec, updated } from "./specs.ts";
import { asking, forEvent, forPipeline } from "./waiting-room.ts";

const datasets = declare(
  datasetSpec("a", { partitions: DAY }),
  datasetSpec("b", { partitions: DAY }),
  datasetSpec("queue"),
);
const dated = { partitions: DAY, datasets };
const same = { date: { map: "same", from: "date" } } as const;
const joinedEnds = {
  type: "leg",
  leg: {
    source: { type: "pipeline", pipeline: "default/joined", on: "completion" },
    where: null,
    partition: same,
  },
} as const;
const onA = leg("a", ["date"]);
const onB = leg("b", ["date"]);

/** Conditions, batches, limits, chains, waits: whatever remembers what was before. */
const PIPELINES = [
  pipelineSpec("joined", [taskSpec("join")], {
    ...dated,
    triggers: { data: updated({ type: "all", of: [onA, onB] }) },
  }),
  pipelineSpec("batched", [taskSpec("batch")], {
    ...dated,
    triggers: { data: { ...updated(onA), policy: { each: false, batch: { max: 3 } } } },
  }),
  pipelineSpec("limited", [taskSpec("hold")], {
    datasets,
    maxActiveRuns: 1,
    triggers: { data: updated(leg("queue"), true) },
  }),
  pipelineSpec("chained", [taskSpec("chain")], {
    ...dated,
    triggers: {
      ends: {
        ...updated(joinedEnds),
        type: "pipelines",
        policy: { each: false, batch: { max: 2 } },
      },
    },
  }),
  pipelineSpec("waiter", [taskSpec("wait")], dated),
];

type Act =
  | { readonly type: "update"; readonly dataset: string; readonly day: number }
  | { readonly type: "wait" | "retry"; readonly day: number }
  | { readonly type: "event" | "pause" | "resume" }
  | { readonly type: "settle"; readonly fails: boolean };

const day = fc.integer({ min: 1, max: 2 });
const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.oneof<fc.WeightedArbitrary<Act>[]>(
    {
      weight: 8,
      arbitrary: fc.record({
        type: fc.constant("update"),
        dataset: fc.constantFrom("a", "b", "queue"),
        day,
      }),
    },
    { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("wait", "retry"), day }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constantFrom("event", "pause", "resume") }) },
    { weight: 8, arbitrary: fc.record({ type: fc.constant("settle"), fails: fc.boolean() }) },
  ),
  { minLength: 70, maxLength: 70 },
);

const START = Date.parse("2026-03-05T00:00:00Z");
const STEP_MS = 10_000;
const NOTHING_KEPT = { historyMs: 0, keysMs: 0 };
const limited = { pipeline: "default/limited", trigger: null };

describe.each(["embedded", "server"] as const)("pruning on the %s database", (kind) => {
  let kept: Engine;
  let pruned: Engine;
  beforeAll(async () => {
    kept = await startEngine(kind);
    pruned = await startEngine(kind);
  }, 60_000);
  afterAll(async () => {
    await kept.close();
    await pruned.close();
  });

  test(
    "without any retention nobody notices: what lives, waits or is referred to stays",
    { timeout: 300_000 },
    async () => {
      const seed = Number(process.env["MILLRACE_TEST_SEED"] ?? Date.now());
      const [story] = fc.sample(acts, { seed, numRuns: 1 });
      const both = [kept, pruned];
      const names = new Names();
      const namesPruned = new Names();
      let now = START;
      for (const each of both) {
        await each.setNow(new Date(now).toISOString());
        await each.register(...PIPELINES);
      }
      for (const [place, act] of present(story).entries()) {
        now += STEP_MS;
        for (const each of both) await each.setNow(new Date(now).toISOString());
        const seen = await perform(kept, act, { place, names });
        const seenPruned = await perform(pruned, act, { place, names: namesPruned });
        const where = `seed ${seed}, act ${place}: ${JSON.stringify(act)}`;
        expect(seenPruned, where).toEqual(seen);
        expect(await standing(pruned, namesPruned), where).toEqual(await standing(kept, names));
        await pruned.setNow(new Date(now + STEP_MS / 2).toISOString());
        await pruneAll(pruned);
      }
      // It would be no proof, had it pruned nothing.
      expect(await historyOf(pruned)).toBeLessThan(await historyOf(kept));
    },
  );
});

interface Circumstances {
  readonly place: number;
  readonly names: Names;
}

/** Which of two groups comes first is not promised, and so no ids: runs are named as they come. */
class Names {
  readonly #names = new Map<number, string>();
  readonly #counts = new Map<string, number>();

  give(runId: number, kind: string): string {
    const known = this.#names.get(runId);
    if (known !== undefined) return known;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    const name = `${kind} ${count}`;
    this.#names.set(runId, name);
    return name;
  }

  of(runId: number): string {
    return this.#names.get(runId) ?? "new";
  }
}

async function perform(
  engine: Engine,
  act: Act,
  { place, names }: Circumstances,
): Promise<readonly string[]> {
  const { store } = engine;
  switch (act.type) {
    case "update":
      await engine.update(act.dataset, act.dataset === "queue" ? {} : dayOf(act.day), { n: place });
      return [];
    case "wait":
      await engine.start("waiter", dayOf(act.day));
      return [];
    case "retry": {
      const runId = await newestFailed(engine, act.day);
      if (runId !== null) await store.retryFailed(runId, { by: "test", why: null });
      return [String(runId !== null)];
    }
    case "event":
      await store.recordEvents([
        {
          name: "go",
          data: { n: place },
          source: { type: "api", key: "test" },
          idempotencyKey: null,
          correlationId: null,
        },
      ]);
      return [];
    case "pause":
      return [String((await store.pause(limited, "test")).changed)];
    case "resume":
      return [String((await store.resume(limited)).changed)];
    case "settle":
      return settle(engine, names, act.fails);
  }
}

/** @returns What each handler was given. */
async function settle(engine: Engine, names: Names, fails: boolean): Promise<readonly string[]> {
  const given: string[] = [];
  const telling =
    (then: (task: ClaimedTask) => AttemptOutcome) =>
    (task: ClaimedTask): AttemptOutcome => {
      given.push(tell(task, names));
      return then(task);
    };
  const handlers: Handlers = {
    join: telling(() => (fails ? failed() : ok())),
    batch: telling(() => ok()),
    hold: telling(asking({ name: "go", wait: forEvent("go") })),
    chain: telling(({ run }) => produced("a", run.partition, { from: names.of(run.id) })),
    wait: telling(
      asking(
        { name: "go", wait: forEvent("go") },
        { name: "end", wait: forPipeline("joined", { match: { by: "partition" } }) },
      ),
    ),
  };
  // One by one, in the order in which they came.
  for (let facts = await engine.store.listPending(0, 1); facts.length > 0;) {
    await engine.store.evaluate(facts);
    facts = await engine.store.listPending(0, 1);
  }
  await engine.settle(handlers);
  return given.toSorted();
}

function tell({ pipeline, run, attempt, received, journal }: ClaimedTask, names: Names): string {
  const name = names.give(run.id, `${pipeline} ${JSON.stringify(run.partition)}`);
  const answers = journal.map(({ name: step, state, value }) => [step, state, answerOf(value)]);
  const facts = received.map((fact) => factOf(fact, names));
  return JSON.stringify({ name, attempt, facts, answers });
}

/** Of an answer what it says, without the ids. */
function answerOf(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { data, state } = value as { readonly data?: unknown; readonly state?: unknown };
  return { data, state };
}

function factOf(fact: ReceivedFact, names: Names): unknown {
  if (fact.kind === "update") return [fact.update.dataset, fact.update.metadata];
  return fact.kind === "run"
    ? [fact.pipeline, names.of(fact.id), fact.state]
    : [fact.name, fact.data];
}

/** What anybody may ask for at any time. */
async function standing({ store, rows }: Engine, names: Names): Promise<unknown> {
  const latest: unknown[] = [];
  for (const dataset of ["a", "b", "queue"]) {
    for (const partition of [dayOf(1), dayOf(2), {}, null]) {
      latest.push((await store.latestUpdate(`default/${dataset}`, partition))?.metadata ?? null);
    }
  }
  const runs = await rows<{ id: number; state: string; name: string }>(`
    select r.id, r.state, p.name from millrace.run r
    join millrace.pipeline p on p.id = r.pipeline_id where r.ended_at is null`);
  const live = runs.map(({ id, state, name }) => `${name} ${state} ${names.of(id)}`).toSorted();
  const held = await rows(`
    select t.name, d.fact_kind, count(*)::int as n from millrace.delivery_pending p
    join millrace.delivery d on d.id = p.delivery_id
    join millrace.trigger t on t.id = d.trigger_id
    group by t.name, d.fact_kind order by t.name, d.fact_kind`);
  return { latest, live, held };
}

async function newestFailed({ rows }: Engine, date: number): Promise<number | null> {
  const found = await rows<{ id: number; state: string }>(`
    select r.id, r.state from millrace.run r join millrace.pipeline p on p.id = r.pipeline_id
    where p.name = 'joined' and r.partition = '${JSON.stringify(dayOf(date))}'
    order by r.id desc limit 1`);
  return found[0]?.state === "failed" ? found[0].id : null;
}

function dayOf(date: number): { readonly date: string } {
  return { date: `2026-03-0${date}` };
}

async function pruneAll({ store }: Engine): Promise<void> {
  for (const each of PRUNE_KINDS) {
    while ((await store.prune(each, NOTHING_KEPT, 10)).more);
  }
}

async function historyOf({ rows }: Engine): Promise<number> {
  const [row] = await rows<{ n: number }>(`
    select ((select count(*) from millrace.run) + (select count(*) from millrace.delivery) +
      (select count(*) from millrace.update) + (select count(*) from millrace.event))::int as n`);
  return row?.n ?? 0;
}
