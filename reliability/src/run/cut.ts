import type { Plan } from "../sim/plan.ts";
import { CALM, type Weather } from "../sim/weather.ts";
import { FIRST_DEPLOY } from "../story/steps/deploy.ts";

/** Which parts of a plan are kept, by their places; what is not said is kept whole. */
export interface Cut {
  readonly steps: readonly number[];
  readonly faults: readonly number[];
  readonly weather: readonly (keyof Weather)[];
}

export function wholeOf({ steps, faults, weather }: Plan): Cut {
  const kinds = Object.keys(weather) as (keyof Weather)[];
  return {
    steps: steps.map((_, place) => place),
    faults: faults.map((_, place) => place),
    weather: kinds.filter((kind) => weather[kind] > 0),
  };
}

/** The plan without what was cut. Its first deployment stays: without it nothing can happen. */
export function cutPlan(plan: Plan, cut: Cut): Plan {
  const steps = new Set(cut.steps);
  const faults = new Set(cut.faults);
  const kept = cut.weather.map((kind) => [kind, plan.weather[kind]] as const);
  return {
    ...plan,
    steps: plan.steps.filter(({ label }, place) => steps.has(place) || label === FIRST_DEPLOY),
    faults: plan.faults.filter((_, place) => faults.has(place)),
    weather: { ...CALM, ...Object.fromEntries(kept) },
  };
}
