import type { Chance } from "./chance.ts";
import type { World } from "./world.ts";

/** One way to break something. */
export interface Fault {
  readonly kind: string;
  /** How often it is chosen, beside the others. */
  readonly weight: number;
  /** Breaks it now. @returns Null when there is nothing of that kind to break just now. */
  inject(world: World, chance: Chance): Injected | null;
}

export interface Injected {
  /** What was broken and for how long, for people. */
  readonly what: string;
  /** Resolves when it is whole again. */
  readonly healed: Promise<unknown>;
  /** Of a worker that was killed and nothing else: what recovery is measured by. */
  readonly killed?: readonly number[];
}

/** Which worker may be broken; null when none may. At least two are always left in peace. */
export function pickWell({ workers }: World, chance: Chance): World["workers"][number] | null {
  const well = workers.filter((worker) => worker.isWell);
  return well.length < 2 ? null : chance.pick(well);
}
