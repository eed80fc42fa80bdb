import { sql } from "kysely";
import type { FaultRecord } from "./rounds.ts";
import { plain, type World } from "./world.ts";

/** An attempt that ran when its worker was killed. */
interface Orphan {
  readonly pid: number;
  readonly killedAt: number;
  readonly taskRunId: number;
  readonly attempt: number;
}

export interface Recovery {
  readonly taskRunId: number;
  readonly attempt: number;
  readonly killedAt: number;
  /** Until a sweep had taken it from the dead worker: then it is as ready as any other. */
  readonly handedBackMs: number;
  /** Until a worker had claimed it again, which takes a free one, too. */
  readonly ms: number;
}

interface ClaimRow {
  readonly id: number;
  readonly attempt: number;
  readonly at: Date;
  readonly was_lost: boolean;
  readonly ended_at: Date | null;
}

interface Claim {
  readonly attempt: number;
  readonly at: number;
  /** A sweep ended it, since its worker was gone. */
  readonly wasLost: boolean;
  readonly endedAt: number | null;
}

/** After what else was broken is whole again, its consequences may go on for so long. */
const AFTERMATH_MS = 20_000;

/** Notes what dead workers leave behind, and says afterwards when it went on. */
export class RecoveryClock {
  readonly #world: World;
  readonly #orphans: Orphan[] = [];
  readonly #looks: Promise<void>[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Its rows stand until its lease has lapsed: what it has now is what it had when it died. */
  killed(pids: readonly number[]): void {
    const killedAt = Date.now();
    const look = async (): Promise<void> => {
      const { rows } = await sql<{ pid: number; task_run_id: number; attempt: number }>`
        select w.pid, o.task_run_id, o.attempt from millrace.running o
        join millrace.worker w on w.session_id = o.session_id
        where w.pid = any(${pids})`.execute(plain(this.#world.direct));
      for (const { pid, task_run_id: taskRunId, attempt } of rows) {
        this.#orphans.push({ pid, killedAt, taskRunId, attempt });
      }
    };
    // While Postgres is away nothing is measured: more than a worker is broken.
    this.#looks.push(look().catch(() => {}));
  }

  /** How long each orphan lay that nothing else could have kept. */
  async measure(faults: readonly FaultRecord[]): Promise<readonly Recovery[]> {
    await Promise.all(this.#looks);
    const claims = await this.#loadClaims();
    const others = faults.filter(({ killed }) => killed.length === 0);
    return this.#orphans.flatMap(({ taskRunId, attempt, killedAt }) => {
      const all = claims.get(taskRunId) ?? [];
      const lost = all.find((claim) => claim.attempt === attempt && claim.wasLost);
      const next = all.filter((claim) => claim.attempt > attempt);
      // Its end was under way when its worker died, or it ended without another attempt.
      if (lost === undefined || next.length === 0) return [];
      const at = Math.min(...next.map((claim) => claim.at));
      const isAlone = others.every(
        ({ from, to }) => from > at || (to ?? Infinity) + AFTERMATH_MS < killedAt,
      );
      const handedBackMs = (lost.endedAt ?? at) - killedAt;
      return isAlone ? [{ taskRunId, attempt, killedAt, handedBackMs, ms: at - killedAt }] : [];
    });
  }

  async #loadClaims(): Promise<Map<number, Claim[]>> {
    const ids = this.#orphans.map(({ taskRunId }) => taskRunId);
    const { rows } = await sql<ClaimRow>`
      select id, attempt, at, was_lost, ended_at from (
        select task_run_id as id, attempt, started_at as at, outcome = 'lost' as was_lost, ended_at
        from millrace.attempt
        union all
        select id, attempt, started_at, false, ended_at from millrace.task_run
        where state <> 'queued'
      ) claims
      where id = any(${ids}) and at is not null`.execute(plain(this.#world.direct));
    const claims = new Map<number, Claim[]>();
    for (const { id, attempt, at, was_lost: wasLost, ended_at: endedAt } of rows) {
      const claim = { attempt, at: at.getTime(), wasLost, endedAt: endedAt?.getTime() ?? null };
      claims.set(id, [...(claims.get(id) ?? []), claim]);
    }
    return claims;
  }
}

export interface RecoveryFigures {
  /** Attempts that ran when their worker was killed, and nothing else was broken. */
  readonly recoveries: number;
  readonly recoveryP50Ms: number | null;
  readonly recoveryP99Ms: number | null;
  readonly recoveryMaxMs: number | null;
  /** Until a sweep had made them ready again; the rest of a recovery is the wait for a worker. */
  readonly handedBackP50Ms: number | null;
  readonly handedBackP99Ms: number | null;
  readonly slowest: readonly Recovery[];
}

const SLOWEST_MAX = 5;

export function recoveryFigures(measured: readonly Recovery[]): RecoveryFigures {
  const wholeMs = measured.map(({ ms }) => ms);
  const handedBackMs = measured.map((each) => each.handedBackMs);
  return {
    recoveries: measured.length,
    recoveryP50Ms: percentile(wholeMs, 0.5),
    recoveryP99Ms: percentile(wholeMs, 0.99),
    recoveryMaxMs: percentile(wholeMs, 1),
    handedBackP50Ms: percentile(handedBackMs, 0.5),
    handedBackP99Ms: percentile(handedBackMs, 0.99),
    slowest: measured.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST_MAX),
  };
}

/** @returns Null of nothing. */
function percentile(values: readonly number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
