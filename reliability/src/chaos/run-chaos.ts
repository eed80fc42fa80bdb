import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openStore } from "@millrace/cli";
import { sql } from "kysely";
import { checkState, installWitness, readWitness } from "../invariants/index.ts";
import { seededChance } from "./chance.ts";
import type { ChaosResult } from "./chaos-result.ts";
import { startDriver } from "./driver.ts";
import { keepEvidence } from "./evidence.ts";
import { type Finding, finding } from "./finding.ts";
import { judgeFacts } from "./judge-facts.ts";
import { judgeRuns } from "./judge-runs.ts";
import { countFenced, judgeWorkers } from "./judge-workers.ts";
import { Ledger } from "./ledger.ts";
import { RecoveryClock, recoveryFigures } from "./recovery.ts";
import { watchBacklog } from "./backlog.ts";
import { awaitRest, healAll } from "./rest.ts";
import { type FaultRecord, playRounds } from "./rounds.ts";
import { readStory } from "./worker-story.ts";
import { openWorld, plain, type World } from "./world.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly workers: number;
  /** From one fault to the next, about. */
  readonly paceMs: number;
  /** What the world outside does, a second. */
  readonly rate: number;
  readonly onFault: (fault: FaultRecord) => void;
}

const UP_MS = 240_000;
const REST_MS = 300_000;
/** Runs under way: more would measure the machine. */
const BACKLOG_MAX = 120;
const CONFIRM_MS = 120_000;
const CLOSE_MS = 40_000;

/** Breaks everything that a machine lets one break, under load, and judges what came of it. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const directory = mkdtempSync(path.join(tmpdir(), `millrace-chaos-${options.seed}-`));
  const world = await openWorld({ workers: options.workers, directory });
  try {
    const result = await playAndJudge(world, options, directory);
    if (result.evidence === null) rmSync(directory, { recursive: true });
    return result;
  } finally {
    await world.close();
  }
}

async function playAndJudge(
  world: World,
  options: ChaosOptions,
  directory: string,
): Promise<ChaosResult> {
  const startedAt = Date.now();
  const chance = seededChance(options.seed);
  const ledger = new Ledger(path.join(directory, "ledger.jsonl"));
  const faults: FaultRecord[] = [];
  const recovery = new RecoveryClock(world);
  await installWitness(plain(world.direct));
  await bringUp(world);
  const { databaseUrl, redisUrl } = world.driver;
  const backlog = watchBacklog(world, BACKLOG_MAX);
  const load = { ledger, chance: seededChance(options.seed + 1), rate: options.rate };
  const driver = startDriver({ databaseUrl, redisUrl, ...load, isFull: backlog.isFull });
  await playRounds(world, {
    ...options,
    chance,
    onFault(fault) {
      faults.push(fault);
      if (fault.killed.length > 0) recovery.killed(fault.killed);
      options.onFault(fault);
    },
  });
  await healAll(world);
  const healedAt = Date.now();
  backlog.stop();
  await driver.stop(CONFIRM_MS);
  await stopTheClock(world);
  const unrest = await awaitRest(world, REST_MS);
  const restedAt = Date.now();
  const measured = await recovery.measure(faults);
  await Promise.all([driver.close(), ...world.workers.map((worker) => worker.close(CLOSE_MS))]);

  const story = readStory(directory, world);
  const findings: readonly Finding[] = [
    ...unrest.map(({ what, count }) => finding("rest", `${what} (${count})`, {})),
    ...(await judgeFacts(world, ledger)),
    ...(await judgeRuns(world, story)),
    ...judgeWorkers(world, story),
    ...(await judgeInvariants(world)),
  ];
  if (findings.length > 0) await keepEvidence(world, directory, { options, findings, faults });
  const countOf = (kind: Finding["kind"]): number =>
    findings.filter((each) => each.kind === kind).length;
  return {
    seed: options.seed,
    rounds: faults.length,
    updates: ledger.countOf("update"),
    events: ledger.countOf("event"),
    runsByHand: ledger.countOf("run"),
    ...(await countRuns(world)),
    lost: countOf("lost"),
    doubled: countOf("doubled"),
    nonTerminal: countOf("nonTerminal"),
    fenced: await countFenced(world, story),
    ...recoveryFigures(measured),
    faults: countKinds(faults),
    commitsCut: countCuts(world),
    secondsToRest: Math.round((restedAt - healedAt) / 100) / 10,
    seconds: Math.round((Date.now() - startedAt) / 1_000),
    findings,
    evidence: findings.length > 0 ? directory : null,
  };
}

/** @throws {Error} When the workers cannot come up even in a world that is whole. */
async function bringUp({ workers }: World): Promise<void> {
  for (const worker of workers) worker.start();
  const late = sleep(UP_MS, "late" as const, { ref: false });
  if ((await Promise.race([Promise.all(workers.map(({ up }) => up)), late])) !== "late") return;
  const complaints = workers.map(({ name, complaint }) => `${name}:\n${complaint}`);
  throw new Error(`The workers do not come up.\n${complaints.join("\n")}`);
}

/** Ticks would keep it from coming to rest. */
async function stopTheClock({ directUrl }: World): Promise<void> {
  const open = await openStore({ database: { url: directUrl }, redisUrl: null });
  const what = { pipeline: "default/tick", trigger: null };
  open.followUps.follow(await open.store.pause(what, "chaos"));
  await open.close();
}

async function judgeInvariants({ direct }: World): Promise<readonly Finding[]> {
  const found = [
    ...(await readWitness(plain(direct))),
    ...(await checkState(plain(direct), "always")),
    ...(await checkState(plain(direct), "quiescent")),
  ];
  return found.map(({ invariant, what, detail }) =>
    finding("invariant", `${invariant}: ${what}`, detail),
  );
}

async function countRuns({ direct }: World): Promise<Pick<ChaosResult, "runs" | "attempts">> {
  const { rows } = await sql<Pick<ChaosResult, "runs" | "attempts">>`
    select (select count(*)::int from millrace.run) as runs,
      (select count(*)::int from millrace.attempt)
      + (select count(*)::int from millrace.task_run where state = 'succeeded') as attempts`.execute(
    plain(direct),
  );
  return rows[0] ?? { runs: 0, attempts: 0 };
}

function countKinds(faults: readonly FaultRecord[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { kind } of faults) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

function countCuts({ workers, driver }: World): ChaosResult["commitsCut"] {
  const cuts = [...workers, driver].map(({ gates }) => gates.postgres.commitsCut());
  return {
    before: cuts.reduce((sum, { before }) => sum + before, 0),
    after: cuts.reduce((sum, { after }) => sum + after, 0),
  };
}
