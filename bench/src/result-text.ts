import type { BenchResult, CaseResult } from "./harness.ts";
import type { RepeatedResult } from "./repeated.ts";
import type { Timing } from "./timing.ts";

/** From so many measurements on, one in a hundred can be told. */
const ROUNDS_FOR_P99 = 100;

/** A result for a terminal; the ratio stands first, because it is what can be compared. */
export function toText(result: RepeatedResult): string {
  return [`${result.name}: ${result.title}`, ...linesOf(result)].join("\n  ");
}

/** What there is to say of a result, a line each. */
export function linesOf(result: RepeatedResult): readonly string[] {
  const [first = "", ...rest] = linesOfRun(result);
  const { runs } = result;
  if (runs.length === 1) return [first, ...rest];
  const all = runs.map(number).join(", ");
  return [first, `the median of ${runs.length} runs: ${all}; what follows is of that one`, ...rest];
}

function linesOfRun(result: CaseResult): readonly string[] {
  if (!("ratio" in result)) {
    const { value, unit, goal, load, notes } = result;
    const wanted = goal === null ? "no goal" : `goal: at most ${figure(goal.atMost, unit)}`;
    return [`${figure(value, unit)} (${wanted})`, `load: ${load}`, ...notes];
  }
  const { ours, baseline, rounds } = result;
  return [
    `ratio: ${ratioText(result)}`,
    ...(rounds < ROUNDS_FOR_P99
      ? []
      : [`ratio of the p99: ${number(ours.p99Ms / baseline.p99Ms)}`]),
    `ours: ${timing(ours, rounds)}`,
    `baseline: ${timing(baseline, rounds)}`,
    `load: ${result.load}; ${rounds} rounds by turns`,
    ...result.notes,
  ];
}

/** A figure as people read it: with as many digits as say something, and its unit. */
export function figure(value: number, unit: string): string {
  return unit === "" ? number(value) : `${number(value)} ${unit}`;
}

function ratioText({ ratio, ratioSpread: [low, high], ratioGoal }: BenchResult): string {
  const goal = ratioGoal === null ? "no goal" : `goal: at most ${number(ratioGoal)}`;
  return `${number(ratio)} (${number(low)} to ${number(high)}; ${goal})`;
}

function timing({ medianMs, spreadMs: [low, high], p99Ms }: Timing, rounds: number): string {
  const p99 = rounds < ROUNDS_FOR_P99 ? "" : `, p99 ${ms(p99Ms)}`;
  return `median ${ms(medianMs)} (${ms(low)} to ${ms(high)})${p99}`;
}

function ms(value: number): string {
  return `${value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1)} ms`;
}

function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en-US");
  return value < 0.1 ? value.toFixed(4) : value.toFixed(2);
}
