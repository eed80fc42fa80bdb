import { setTimeout as sleep } from "node:timers/promises";
import type { Chance } from "./chance.ts";
import { CALM, type FaultyGate, type GateWeather } from "./faulty-gate.ts";
import { type Fault, pickWell } from "./fault.ts";
import type { World } from "./world.ts";

type Service = "postgres" | "redis";

/** What happens between processes and servers. */
export const NETWORK_FAULTS: readonly Fault[] = [
  cuttingCommits("before", 3),
  cuttingCommits("after", 3),
  cutting("postgres"),
  cutting("redis"),
  weathering("slow Postgres", "postgres", [2_000, 8_000], (chance) => ({
    ...CALM,
    delayMs: Math.round(chance.between(20, 300)),
  })),
  weathering("black hole to Postgres", "postgres", [2_000, 20_000], () => ({
    ...CALM,
    isBlackHole: true,
  })),
  weathering("black hole to Redis", "redis", [2_000, 20_000], () => ({
    ...CALM,
    isBlackHole: true,
  })),
  weathering("no way to Postgres", "postgres", [1_000, 18_000], () => ({ ...CALM, isShut: true })),
  weathering("no way to Redis", "redis", [1_000, 18_000], () => ({ ...CALM, isShut: true })),
];

/** How long an armed cut may wait for a commit, as the record of faults tells it. */
const ARMED_MS = 1_000;

function cuttingCommits(when: "before" | "after", weight: number): Fault {
  return {
    kind: `cut ${when} COMMIT`,
    weight,
    inject({ workers, driver }, chance) {
      const all = [
        ...workers.map(({ name, gates }) => ({ name, gates })),
        { name: "driver", ...driver },
      ];
      const chosen = chance.shuffled(all).slice(0, Math.ceil(chance.between(0, 3)));
      for (const { gates } of chosen) gates.postgres.cutNextCommit(when);
      return { what: chosen.map(({ name }) => name).join(", "), healed: sleep(ARMED_MS) };
    },
  };
}

function cutting(service: Service): Fault {
  return {
    kind: `cut connections to ${service}`,
    weight: 1,
    inject(world, chance) {
      const { name, gates } = pickWay(world, chance);
      const count = gates[service].cut();
      return { what: `${count} of ${name}`, healed: sleep(ARMED_MS) };
    },
  };
}

/** Anybody's way: the driver's, too. */
function pickWay({ workers, driver }: World, chance: Chance) {
  return chance.pick([
    ...workers.map(({ name, gates }) => ({ name, gates })),
    { name: "driver", ...driver },
  ]);
}

function weathering(
  kind: string,
  service: Service,
  [fromMs, toMs]: readonly [number, number],
  weatherOf: (chance: Chance) => GateWeather,
): Fault {
  return {
    kind,
    weight: 1,
    inject(world, chance) {
      const worker = pickWell(world, chance);
      if (worker === null) return null;
      const ms = chance.between(fromMs, toMs);
      // What was held back arrives late, or never.
      const arrivesLate = chance.says(0.5);
      const gate = worker.gates[service];
      gate.setWeather(weatherOf(chance));
      const what = `${worker.name} for ${Math.round(ms)} ms${arrivesLate ? "" : ", then cut"}`;
      return { what, healed: sleep(ms).then(() => clear(gate, arrivesLate)) };
    },
  };
}

function clear(gate: FaultyGate, arrivesLate: boolean): void {
  if (!arrivesLate) gate.cut();
  gate.setWeather(CALM);
}
