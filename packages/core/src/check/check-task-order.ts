import { type TaskSpec, upstreamOf } from "../spec/task-spec.ts";
import { quoted } from "./names.ts";

type Upstream = Map<string, Set<string>>;

/** Cycles of tasks, each named whole, as sentences without the pipeline's name. */
export function checkTaskOrder(tasks: readonly TaskSpec[]): string[] {
  const names = new Set(tasks.map(({ name }) => name));
  // A task that needs itself, and one that needs what is not there, are told of elsewhere.
  const upstream: Upstream = new Map(
    tasks.map((task) => [
      task.name,
      new Set(upstreamOf(task).filter((name) => names.has(name) && name !== task.name)),
    ]),
  );
  const problems: string[] = [];
  for (let loop = findLoop(upstream); loop !== null; loop = findLoop(upstream)) {
    const [first] = loop;
    problems.push(
      `task ${quoted(first)}: it waits for itself: ${[...loop, first].join(" → ")}; ` +
        "take one of these needs away, or split the task in two.",
    );
    for (const name of loop) upstream.delete(name);
  }
  return problems;
}

/** Peels off every task whose upstream is decided; leaves what lies on loops, or behind them. */
function findLoop(upstream: Upstream): string[] | null {
  const downstream = invert(upstream);
  const waiting = new Map([...upstream].map(([name, ups]) => [name, present(ups, upstream)]));
  const ready = [...waiting].filter(([, count]) => count === 0).map(([name]) => name);
  for (const name of ready) {
    waiting.delete(name);
    for (const next of downstream.get(name) ?? []) {
      const count = (waiting.get(next) ?? 0) - 1;
      waiting.set(next, count);
      if (count === 0) ready.push(next);
    }
  }
  const [start] = waiting.keys();
  return start === undefined ? null : followLoop(start, upstream, waiting);
}

/**
 * Every waiting task has a waiting one upstream, so going up must come round. The loop begins
 * with the task that is declared first.
 */
function followLoop(
  start: string,
  upstream: Upstream,
  waiting: ReadonlyMap<string, number>,
): string[] {
  const trail: string[] = [];
  const positions = new Map<string, number>();
  let at = start;
  while (!positions.has(at)) {
    positions.set(at, trail.push(at) - 1);
    at = [...(upstream.get(at) ?? [])].find((name) => waiting.has(name)) ?? at;
  }
  const loop = trail.slice(positions.get(at)).toReversed();
  const first = [...upstream.keys()].find((name) => loop.includes(name)) ?? at;
  const from = loop.indexOf(first);
  return [...loop.slice(from), ...loop.slice(0, from)];
}

function present(ups: ReadonlySet<string>, upstream: Upstream): number {
  return [...ups].filter((name) => upstream.has(name)).length;
}

function invert(upstream: Upstream): Map<string, string[]> {
  const downstream = new Map<string, string[]>();
  for (const [name, ups] of upstream) {
    for (const up of ups) downstream.set(up, [...(downstream.get(up) ?? []), name]);
  }
  return downstream;
}
