import {
  DEFINITION,
  type HasDefinition,
  hasDefinition,
  type Instant,
  pipelineId,
  type PipelineSpec,
  Replay,
} from "@millrace/core/internal";
import { type SimulateOptions, toCourse } from "./run-course.ts";
import type { SimulationResult } from "./simulation-result.ts";
import { parseTime } from "./parse-time.ts";
import type { TimelineEntry } from "./timeline.ts";
import { timelineInvalid } from "./timeline-fact.ts";
import { TimelinePlayer } from "./timeline-player.ts";
import { toResult } from "./to-result.ts";

/**
 * Plays a timeline of updates, events and pauses through the decisions that a deployment makes,
 * in memory and in milliseconds: no database, no queue, no waiting. No handler runs; a run takes
 * no time, succeeds, and updates what its tasks produce, unless the options say otherwise.
 *
 * Time is what the timeline says: a debounce of ten minutes, a deadline at six or a schedule
 * comes about in its order. The same input always gives the same result.
 *
 * @param timeline - In order of time. End it with `{ until }` to let time pass after the last.
 * @throws {INPUT_INVALID} When the timeline is out of order, or names what is not there.
 * @example
 * const { runs } = simulate([buildDelays], [
 *   { at: "2026-03-01T04:00Z", update: flights, partition: { date: "2026-02-28" } },
 *   { at: "2026-03-01T05:00Z", update: weather, partition: { date: "2026-02-28" } },
 * ]);
 * expect(runs.map(({ startedBy }) => startedBy)).toEqual(["weather date=2026-02-28"]);
 */
export function simulate(
  pipelines: readonly HasDefinition[],
  timeline: readonly TimelineEntry[],
  options: SimulateOptions = {},
): SimulationResult {
  const specs = pipelines.map(specOf);
  const times = timesOf(timeline);
  const byId = new Map(specs.map((spec) => [pipelineId(spec), spec]));
  const replay = new Replay(specs, { from: times[0] ?? 0, course: toCourse(byId, options) });
  const player = new TimelinePlayer(replay, byId);
  timeline.forEach((entry, place) => player.play(entry, times[place] ?? 0));
  player.finish();
  return toResult(replay);
}

function specOf(pipeline: unknown, place: number): PipelineSpec {
  if (hasDefinition(pipeline)) return pipeline[DEFINITION].spec;
  throw timelineInvalid(`pipeline ${place + 1}`, ["it is not what pipeline() returned"]);
}

function timesOf(timeline: readonly TimelineEntry[]): readonly Instant[] {
  const times = timeline.map((entry, place) =>
    parseTime("until" in entry ? entry.until : entry.at, `entry ${place + 1}`),
  );
  times.forEach((at, place) => {
    const before = times[place - 1] ?? at;
    if (at >= before) return;
    const issue = `${iso(at)} is before ${iso(before)} of the entry before it`;
    throw timelineInvalid(`entry ${place + 1} out of order`, [issue]);
  });
  return times;
}

function iso(at: Instant): string {
  return new Date(at).toISOString();
}
