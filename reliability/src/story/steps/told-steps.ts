import type { Step } from "../../sim/plan.ts";
import { idOf } from "../cast.ts";
import { drawOf } from "../chance.ts";
import { toIntake } from "../object-source.ts";
import { NOWHERE, type Story } from "../story.ts";
import { changeObject, drainQueue, listBucket, sendPoison } from "./change-objects.ts";
import { deployFirst, deployNext } from "./deploy.ts";
import { answerApprovals, meddle, startByHand } from "./direct-runs.ts";
import { fillThePast } from "./fill-the-past.ts";
import { letGo, pauseAWhile, releaseHeld, setALimit } from "./hold-and-release.ts";
import type { StepKit } from "./step-kit.ts";
import { tellEvent, tellUpdates } from "./tell-facts.ts";

/** Everything that people and the outside do in a story. */
export function toldSteps(story: Story): {
  readonly steps: readonly Step[];
  readonly deployAtMs: number | null;
} {
  const { seed, ledger, stormMs, cast } = story;
  const builds = [1, 2].map((build) => story.pipelines(build, NOWHERE));
  const [first = []] = builds;
  const pipelines = first.map(idOf);
  const kit: StepKit = { draw: drawOf(seed, "steps"), ledger, stormMs, pipelines };
  const isChained = cast.families.has("chain");
  const isDeployed = kit.draw.happens(isChained ? 0.9 : 0.4);
  const deployAtMs = isDeployed ? kit.draw.int(5_000, stormMs / 2) : null;
  const paused = pausesOf(kit);
  const steps = [
    deployFirst(kit, first),
    ...(deployAtMs === null ? [] : [deployNext(kit, deployAtMs, builds)]),
    ...(deployAtMs !== null && isChained ? justBefore(kit, deployAtMs) : []),
    ...tellings(kit, story),
    ...meddlings(kit, story),
    ...paused.map(({ pipeline, trigger }) => pauseAWhile(kit, pipeline, trigger)),
    letGo(kit, paused),
    ...(cast.families.has("objects") ? objectSteps(kit, story) : []),
  ];
  return { steps: steps.toSorted((a, b) => a.atMs - b.atMs), deployAtMs };
}

/** Runs that are under way when the next version of their pipeline is registered. */
function justBefore(kit: StepKit, deployAtMs: number): readonly Step[] {
  const beforeMs = [900, 500, 200];
  return beforeMs.map((ms) => ({ ...tellUpdates(kit, ["default/raw"]), atMs: deployAtMs - ms }));
}

function times<T>(count: number, make: () => T): readonly T[] {
  return Array.from({ length: count }, make);
}

function tellings(kit: StepKit, { cast: { families } }: Story): readonly Step[] {
  const { draw } = kit;
  const datasets: string[] = [];
  if (families.has("chain") || families.has("gathering"))
    datasets.push("default/raw", "default/raw");
  if (families.has("gathering")) datasets.push("default/checked");
  if (families.has("partitioned")) datasets.push("default/days", "default/days");
  const hearsPing = ["limited", "woven", "waiting", "rough"].some((name) =>
    families.has(name as never),
  );
  const events: string[] = hearsPing ? ["story.ping"] : [];
  if (families.has("waiting")) events.push("story.reply", "story.reply");
  return [
    ...(isFilled(datasets) ? times(draw.int(8, 16), () => tellUpdates(kit, datasets)) : []),
    ...(isFilled(events) ? times(draw.int(4, 9), () => tellEvent(kit, events)) : []),
  ];
}

function isFilled(texts: readonly string[]): texts is readonly [string, ...string[]] {
  return texts.length > 0;
}

/** Pipelines that cannot be started by hand without more words are left out. */
function meddlings(kit: StepKit, { cast: { families } }: Story): readonly Step[] {
  const { draw, pipelines } = kit;
  const startable = pipelines.filter((id) => !/nightly|minutely|deadly/.test(id));
  return [
    ...(isFilled(startable)
      ? times(draw.int(1, 4), () => startByHand(kit, draw.pick(startable)))
      : []),
    ...times(draw.int(1, 5), () => meddle(kit)),
    ...times(families.has("limited") ? draw.int(0, 3) : 0, () => setALimit(kit)),
    ...times(families.has("waiting") ? draw.int(1, 4) : 0, () => answerApprovals(kit)),
    ...times(families.has("gathering") ? draw.int(0, 2) : 0, () => releaseHeld(kit)),
    ...times(families.has("partitioned") ? draw.int(1, 2) : 0, () => fillThePast(kit)),
  ];
}

function pausesOf({
  draw,
  pipelines,
}: StepKit): readonly { pipeline: string; trigger: string | null }[] {
  const some = draw.take(pipelines, draw.int(0, 2));
  return some.map((pipeline) => ({ pipeline, trigger: null }));
}

function objectSteps(kit: StepKit, story: Story): readonly Step[] {
  const { draw } = kit;
  const datasets = story.pipelines(1, NOWHERE);
  return [
    ...times(draw.int(5, 12), () => changeObject(kit, draw.happens(0.5) ? story.lake : story.mail)),
    ...times(draw.int(1, 3), () => sendPoison(kit, story.queue)),
    drainQueue(kit, story.queue),
    listBucket(kit, story.lake, (client) => toIntake("sim-listing", client, datasets)),
  ];
}
