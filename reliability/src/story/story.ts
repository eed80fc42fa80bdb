import type { HasDefinition } from "@millrace/core/internal";
import type { Outside } from "../sim/plan.ts";
import { Bucket } from "./bucket.ts";
import { type Cast, castOf, pipelinesOf } from "./cast.ts";
import { drawOf } from "./chance.ts";
import { knobsOf } from "./knobs.ts";
import { Ledger } from "./ledger.ts";
import type { Knobs } from "./making.ts";
import { SimSqs } from "./sim-sqs.ts";

/** What all parts of one story share. */
export interface Story {
  readonly seed: number;
  readonly knobs: Knobs;
  readonly cast: Cast;
  readonly ledger: Ledger;
  readonly queue: SimSqs;
  readonly lake: Bucket;
  readonly mail: Bucket;
  readonly stormMs: number;
  readonly pipelines: (build: number, outside: Outside) => readonly HasDefinition[];
}

/** Nothing that only looks at definitions runs their handlers. */
export const NOWHERE: Outside = {
  process: "nowhere",
  now: () => 0,
  sleep: async () => {},
  random: () => 0.5,
  die: () => Promise.reject(new Error("nobody lives here")),
  count: () => {},
};

export function storyOf(seed: number): Story {
  const knobs = knobsOf(drawOf(seed, "knobs"));
  const cast = castOf(drawOf(seed, "cast"));
  const ledger = new Ledger();
  const queue = new SimSqs(drawOf(seed, "queue"));
  return {
    seed,
    knobs,
    cast,
    ledger,
    queue,
    lake: new Bucket("lake", queue),
    mail: new Bucket("mail", queue),
    stormMs: drawOf(seed, "length").int(30, 50) * 1_000,
    pipelines: (build, outside) => pipelinesOf(cast, { seed, knobs, ledger, outside, build }),
  };
}
