import { checkState, readWitness } from "../invariants/index.ts";
import { Actor } from "./act.ts";
import { countRemains } from "./count-remains.ts";
import { fingerprint } from "./final-state.ts";
import type { Plan } from "./plan.ts";
import type { Played } from "./played.ts";
import { asAny, giveBack, takeStage } from "./stage.ts";
import { strike } from "./strike.ts";
import { WORLD } from "./timeline.ts";
import { unrestOf } from "./unrest.ts";
import { World } from "./world.ts";

export { closeStage as closeSimulator } from "./stage.ts";

export interface PlayOptions {
  /** False: only its fingerprint is given. */
  readonly keepTrace?: boolean;
}

/** Ten times what a lease and a sweep take, as their defaults are. */
const REST_MS = 10 * (15_000 + 2_000);
/** Something always goes on, and yet it never rests. */
const UNREST_MS_MAX = 10 * 60_000;
/** Commits between two looks at the whole state. */
const CHECK_EVERY = 200;
/** Between two looks whether it is at rest. */
const LOOK_EVERY_MS = 500;

/** Plays a plan: the storm, the healing, the rest. Equal plans are played equally. */
export async function play(plan: Plan, options: PlayOptions = {}): Promise<Played> {
  const stage = await takeStage();
  const world = new World(plan, stage);
  try {
    const actor = new Actor(world, plan.steps.length);
    announce(world, actor, plan);
    const checks = { checkedAt: 0 };
    await storm(world, plan, checks);
    world.heal();
    await rest(world, actor, checks);
    if (world.violations.length === 0) await judge(world, plan);
    // What is still under way is not in the database, or ever will be.
    world.over();
    countRemains(stage, world.count);
    const { trace } = world;
    return {
      seed: plan.seed,
      violations: world.violations,
      counters: world.tally.all(),
      trace: options.keepTrace === false ? [] : trace,
      traceHash: fingerprint(stage, trace),
    };
  } finally {
    world.over();
    giveBack(stage);
  }
}

function announce(world: World, actor: Actor, { startsAt, ...plan }: Plan): void {
  const { timeline } = world;
  for (const step of plan.steps) {
    const what = `step: ${step.label}`;
    timeline.add({
      owner: WORLD,
      what,
      atMs: startsAt + step.atMs,
      go: () => void actor.act(step),
    });
  }
  for (const fault of plan.faults) {
    const what = `fault: ${fault.kind} ${fault.process ?? ""}`;
    const atMs = startsAt + fault.atMs;
    timeline.add({ owner: WORLD, what, atMs, go: () => strike(world, fault) });
  }
  for (const process of world.processes.values()) {
    const what = `starts ${process.plan.name}`;
    timeline.add({ owner: WORLD, what, atMs: startsAt, go: () => process.start() });
  }
}

async function storm(world: World, plan: Plan, checks: Checks): Promise<void> {
  const until = plan.startsAt + plan.stormMs;
  while (await world.timeline.step(until)) {
    if (await isBroken(world, checks)) return;
  }
}

/** Healed, it has to come to rest by itself, and soon after the last thing that was due. */
async function rest(world: World, actor: Actor, checks: Checks): Promise<void> {
  const { timeline, stage } = world;
  const healedAt = timeline.nowMs;
  let looked = -Infinity;
  while (!(await isBroken(world, checks)) && (await timeline.step(Infinity))) {
    // Not in the middle of a transaction.
    if (timeline.nowMs < looked + LOOK_EVERY_MS || !world.server.isFree()) continue;
    looked = timeline.nowMs;
    const unrest = unrestOf(stage);
    if (unrest.length === 0 && actor.isDone && world.isUp) return;
    const lastDue = Math.max(
      world.progressAt,
      ...unrest.map(({ dueAt }) => Math.min(dueAt, looked)),
    );
    const isLate = unrest.length > 0 && looked > lastDue + REST_MS;
    if (!isLate && looked <= healedAt + UNREST_MS_MAX) continue;
    world.violations.push({
      invariant: "I9",
      what: `it does not come to rest: ${unrest.length} things wait, first ${unrest[0]?.what ?? "a step"} ${unrest[0]?.id ?? ""}`,
      detail: unrest.slice(0, 20).map((each) => ({ ...each })),
    });
  }
}

interface Checks {
  checkedAt: number;
}

async function isBroken(world: World, checks: Checks): Promise<boolean> {
  const { violations, server, stage } = world;
  if (violations.length > 0) return true;
  if (world.isWitnessed) violations.push(...(await readWitness(asAny(stage.database))));
  else if (server.commits >= checks.checkedAt + CHECK_EVERY && server.isFree()) {
    checks.checkedAt = server.commits;
    violations.push(...(await checkState(asAny(stage.database), "always")));
  }
  return violations.length > 0;
}

async function judge(world: World, plan: Plan): Promise<void> {
  const { stage, violations, timeline, count } = world;
  const db = asAny(stage.database);
  violations.push(...(await readWitness(db)), ...(await checkState(db, "always")));
  violations.push(...(await checkState(db, "quiescent")));
  const rested = { database: stage.database, now: timeline.nowMs, count };
  violations.push(...((await plan.judge?.(rested)) ?? []));
}
