import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "./chance.ts";
import type { Fault, Injected } from "./fault.ts";
import { NETWORK_FAULTS } from "./network-faults.ts";
import { killWorker, PROCESS_FAULTS } from "./process-faults.ts";
import { SERVER_FAULTS } from "./server-faults.ts";
import type { World } from "./world.ts";

/** A fault as it happened. */
export interface FaultRecord {
  readonly round: number;
  readonly kind: string;
  readonly what: string;
  readonly from: number;
  /** Null while it is not healed. */
  to: number | null;
  /** Workers that were killed, and nothing else. */
  readonly killed: readonly number[];
}

export interface RoundsOptions {
  readonly rounds: number;
  /** From one fault to the next, about. */
  readonly paceMs: number;
  readonly chance: Chance;
  /** Told as a fault begins. */
  readonly onFault: (fault: FaultRecord) => void;
}

export const FAULTS: readonly Fault[] = [...PROCESS_FAULTS, ...NETWORK_FAULTS, ...SERVER_FAULTS];

/** Of so many rounds, the last ones only kill: only then is it known what a recovery took. */
const SPAN = 160;
const KILLS = 40;

/** Injects one fault after another; each heals by itself. @returns When all have healed. */
export async function playRounds(world: World, options: RoundsOptions): Promise<void> {
  const { rounds, paceMs, chance, onFault } = options;
  /** At first each kind once. */
  const deck = chance.shuffled(FAULTS).slice(0, rounds);
  const healing: Promise<unknown>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const isKillOnly = round % SPAN >= SPAN - KILLS;
    const { fault, injected } = await inject(isKillOnly);
    const { what, healed, killed = [] } = injected;
    const record: FaultRecord = {
      round,
      kind: fault.kind,
      what,
      from: Date.now(),
      to: null,
      killed,
    };
    onFault(record);
    healing.push(healed.then(() => (record.to = Date.now())));
    await sleep(paceMs * chance.between(0.6, 1.4));
  }
  await Promise.all(healing);

  async function inject(isKillOnly: boolean): Promise<{ fault: Fault; injected: Injected }> {
    for (;;) {
      const first = isKillOnly ? undefined : deck.shift();
      const next = isKillOnly ? killWorker : (first ?? weighted(chance));
      const injected = next.inject(world, chance);
      if (injected !== null) return { fault: next, injected };
      // Not just now: of the first ones, each has its turn, also the last.
      if (first !== undefined) deck.push(first);
      await sleep(100);
    }
  }
}

function weighted(chance: Chance): Fault {
  const total = FAULTS.reduce((sum, { weight }) => sum + weight, 0);
  let rest = chance.between(0, total);
  for (const fault of FAULTS) {
    rest -= fault.weight;
    if (rest < 0) return fault;
  }
  return killWorker;
}
