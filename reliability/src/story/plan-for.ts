import type { HasDefinition } from "@millrace/core/internal";
import { definitionOf } from "@millrace/core/internal";
import type { Outside, Plan, ProcessPlan } from "../sim/plan.ts";
import { drawOf } from "./chance.ts";
import { beginningOf } from "./knobs.ts";
import { startSource } from "./object-source.ts";
import { judge } from "./oracle/judge.ts";
import { type Story, storyOf } from "./story.ts";
import { faultsOf, weatherOf } from "./storms.ts";
import { toldSteps } from "./steps/told-steps.ts";

/** Everything that happens in one simulation follows from its seed. A plan is played once. */
export function planFor(seed: number): Plan {
  const story = storyOf(seed);
  const draw = drawOf(seed, "storm");
  const startsAt = beginningOf(story.knobs, drawOf(seed, "beginning"));
  const processes = processesOf(story);
  const names = processes.map(({ name }) => name) as [string, ...string[]];
  const { steps, deployAtMs } = toldSteps(story);
  return {
    seed,
    startsAt,
    processes,
    steps,
    faults: [
      ...faultsOf(draw, story.stormMs, names),
      ...(deployAtMs === null ? [] : rollOut(deployAtMs, names)),
    ],
    weather: weatherOf(draw),
    stormMs: story.stormMs,
    judge: (rest) => judge(story, rest),
  };
}

/**
 * One process stays with the first build, one always has both, so that every version has somebody;
 * the third starts with what is deployed then.
 */
function processesOf(story: Story): readonly ProcessPlan[] {
  const draw = drawOf(story.seed, "processes");
  const definitions = (builds: readonly number[], outside: Outside) =>
    distinct(builds.flatMap((build) => story.pipelines(build, outside)));
  const process = (
    name: string,
    builds: () => readonly number[],
    more: Partial<ProcessPlan> = {},
  ): ProcessPlan => ({
    name,
    slots: draw.int(2, 4),
    scheduler: draw.happens(0.6),
    sweeper: draw.happens(0.7),
    clockOffsetMs: draw.happens(0.5) ? draw.int(-600_000, 600_000) : 0,
    definitions: (_start, outside) => definitions(builds(), outside),
    ...more,
  });
  const source = sourceOf(story);
  return [
    process("canary", () => [1, 2], { scheduler: true, sweeper: true, ...source }),
    process("veteran", () => [1]),
    process("latest", () => [story.ledger.build], { ...source }),
    process("keeper", () => [], { slots: 0, scheduler: true, sweeper: true }),
  ];
}

function sourceOf({ cast, queue, pipelines }: Story): Pick<ProcessPlan, "source"> {
  if (!cast.families.has("objects")) return {};
  return {
    source: (parts) => startSource(parts, queue, pipelines(1, parts.outside)),
  };
}

function distinct(pipelines: readonly HasDefinition[]): ReturnType<ProcessPlan["definitions"]> {
  const all = pipelines.map(definitionOf);
  return [...new Map(all.map((each) => [each.version, each])).values()];
}

/** A deployment reaches the processes one after the other. */
function rollOut(atMs: number, names: readonly string[]): Plan["faults"] {
  return names
    .filter((name) => name === "latest")
    .map((process) => ({ atMs: atMs + 1_500, kind: "restart" as const, process }));
}
