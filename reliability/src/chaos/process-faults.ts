import { setTimeout as sleep } from "node:timers/promises";
import { type Fault, pickWell } from "./fault.ts";

const PATIENCE_MS = 30_000;

/** What happens to worker processes. */
export const killWorker: Fault = {
  kind: "kill",
  weight: 6,
  inject({ workers }, chance) {
    const up = workers.filter(({ state }) => state === "up");
    if (up.length < 2) return null;
    const worker = chance.pick(up);
    const { name, pid } = worker;
    worker.kill(chance.between(200, 4_000));
    return { what: `SIGKILL ${name} (${pid})`, healed: worker.up, killed: [pid] };
  },
};

export const PROCESS_FAULTS: readonly Fault[] = [
  killWorker,
  {
    kind: "kill all",
    weight: 1,
    inject({ workers }, chance) {
      const up = workers.filter(({ state }) => state === "up");
      const pids = up.map(({ pid }) => pid);
      for (const worker of up) worker.kill(chance.between(200, 2_000));
      const healed = Promise.all(up.map((worker) => worker.up));
      return { what: `SIGKILL all ${up.length} that are up`, healed, killed: pids };
    },
  },
  freezing("freeze", 2, [1_000, 6_000]),
  freezing("freeze beyond the lease", 3, [15_500, 22_000]),
  {
    kind: "drain",
    weight: 2,
    inject(world, chance) {
      const worker = pickWell(world, chance);
      if (worker === null) return null;
      worker.drain(chance.between(100, 2_000), PATIENCE_MS);
      return { what: `SIGTERM ${worker.name}`, healed: worker.up };
    },
  },
  {
    kind: "rolling restart",
    weight: 1,
    inject({ workers }) {
      const roll = async (): Promise<void> => {
        for (const worker of workers) {
          if (!worker.isWell) continue;
          worker.drain(100, PATIENCE_MS);
          await Promise.race([worker.up, sleep(PATIENCE_MS, null, { ref: false })]);
        }
      };
      return { what: "SIGTERM all, one after another", healed: roll() };
    },
  },
  {
    kind: "block the event loop",
    weight: 2,
    inject(world, chance) {
      const worker = pickWell(world, chance);
      if (worker === null) return null;
      const ms = chance.says(0.2) ? chance.between(15_500, 18_000) : chance.between(500, 5_000);
      worker.block(ms);
      return { what: `${worker.name} for ${Math.round(ms)} ms`, healed: sleep(ms) };
    },
  },
];

function freezing(kind: string, weight: number, [fromMs, toMs]: readonly [number, number]): Fault {
  return {
    kind,
    weight,
    inject(world, chance) {
      const worker = pickWell(world, chance);
      if (worker === null) return null;
      const ms = chance.between(fromMs, toMs);
      worker.freeze();
      const healed = sleep(ms).then(() => worker.thaw());
      return { what: `${worker.name} for ${Math.round(ms)} ms`, healed };
    },
  };
}
