import type { AnyPipeline } from "@millrace/core";
import {
  factLabel,
  type Instant,
  PIPELINE,
  type PipelineId,
  type PipelineSpec,
  type Replay,
  type ReplayFactDraft,
  shortName,
} from "@millrace/core/internal";
import { parseTime } from "./parse-time.ts";
import type { EndEntry, RunEntry, TimelineEntry } from "./timeline.ts";
import { eventFact, json, requirePartition, timelineInvalid, updateFact } from "./timeline-fact.ts";

/** Does what a timeline says to a replay, entry after entry. */
export class TimelinePlayer {
  readonly #replay: Replay;
  readonly #specs: ReadonlyMap<PipelineId, PipelineSpec>;
  /** While nobody decides: until when, and what is left to do then. */
  #outage: { readonly until: Instant; readonly held: (() => void)[] } | null = null;

  constructor(replay: Replay, specs: ReadonlyMap<PipelineId, PipelineSpec>) {
    this.#replay = replay;
    this.#specs = specs;
  }

  play(entry: TimelineEntry, at: Instant): void {
    if (this.#outage !== null && at >= this.#outage.until) this.#endOutage();
    const act = this.#toAct(entry, at);
    if (this.#outage === null) {
      this.#replay.advance(at);
      act();
    } else this.#outage.held.push(act);
    if ("downUntil" in entry) this.#beginOutage(entry.downUntil);
  }

  finish(): void {
    if (this.#outage !== null) this.#endOutage();
  }

  #beginOutage(downUntil: string): void {
    const until = parseTime(downUntil, "an outage");
    this.#outage = { until, held: this.#outage?.held ?? [] };
  }

  #endOutage(): void {
    const { until, held } = this.#outage ?? { until: this.#replay.now, held: [] };
    this.#outage = null;
    this.#replay.outage(until);
    for (const act of held) act();
  }

  #toAct(entry: TimelineEntry, at: Instant): () => void {
    const replay = this.#replay;
    if ("update" in entry) return this.#tell(updateFact(entry, at));
    if ("publish" in entry) return this.#tell(eventFact(entry, at));
    if ("run" in entry) return () => this.#run(entry);
    if ("ends" in entry) return () => this.#end(entry, at);
    if ("pause" in entry) {
      const [pipeline, trigger] = this.#target(entry.pause);
      return () => replay.pause(pipeline, trigger);
    }
    if ("resume" in entry) {
      const [pipeline, trigger] = this.#target(entry.resume);
      return () => replay.resume(pipeline, trigger);
    }
    return () => undefined;
  }

  #tell(draft: ReplayFactDraft): () => void {
    return () => this.#replay.tell(draft);
  }

  #run({ run, partition = {}, params = {} }: RunEntry): void {
    const spec = this.#known(run);
    requirePartition(`a run of ${run.name}`, partition, spec.partitions);
    const given = Object.entries(params).map(([key, value]) => [key, json(value, `param ${key}`)]);
    this.#replay.run(run[PIPELINE].id, partition, Object.fromEntries(given));
  }

  #end({ ends, partition, state = "succeeded", result, as }: EndEntry, at: Instant): void {
    const { id, partitions } = ends[PIPELINE];
    const data = json(result, `the result of ${ends.name}`);
    if (this.#specs.has(id)) {
      const active = this.#replay.runs.find(
        (run) =>
          run.pipeline === id &&
          run.state === "running" &&
          Object.entries(partition ?? {}).every(([key, value]) => run.partition[key] === value),
      );
      if (active === undefined) {
        throw timelineInvalid(`the end of a run of ${ends.name}`, ["no such run is active then"]);
      }
      return this.#replay.endRun(active.id, state, data);
    }
    const runFor = partition ?? {};
    requirePartition(`the end of a run of ${ends.name}`, runFor, partitions);
    this.#replay.tell({
      kind: "run",
      source: { type: "pipeline", pipeline: id, on: "completion" },
      at,
      partition: runFor,
      schemes: partitions,
      facts: { run: 0, state, result: data, params: {}, partition: runFor },
      state,
      contentVersion: null,
      quarantined: false,
      suppressed: false,
      backfillId: null,
      label: as ?? factLabel(`run of ${shortName(id)}`, runFor),
    });
  }

  #target(of: AnyPipeline | readonly [AnyPipeline, string]): readonly [PipelineId, string | null] {
    if (!isPair(of)) return [this.#id(of), null];
    const [pipeline, trigger] = of;
    const spec = this.#known(pipeline);
    if (!Object.hasOwn(spec.triggers, trigger)) {
      const issue = `it has none but ${Object.keys(spec.triggers).join(", ") || "manual starts"}`;
      throw timelineInvalid(`the trigger "${trigger}" of ${pipeline.name}`, [issue]);
    }
    return [pipeline[PIPELINE].id, trigger];
  }

  #id(pipeline: AnyPipeline): PipelineId {
    this.#known(pipeline);
    return pipeline[PIPELINE].id;
  }

  #known(pipeline: AnyPipeline): PipelineSpec {
    const spec = this.#specs.get(pipeline[PIPELINE].id);
    if (spec !== undefined) return spec;
    const issue = "it is not among the pipelines given: add it to the first argument";
    throw timelineInvalid(`the pipeline ${pipeline.name}`, [issue]);
  }
}

function isPair(
  of: AnyPipeline | readonly [AnyPipeline, string],
): of is readonly [AnyPipeline, string] {
  return Array.isArray(of);
}
