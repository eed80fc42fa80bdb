import type { DeadlineData, StaleData } from "../event/built-in.ts";
import type { Partition } from "../spec/partition-spec.ts";
import { partitionText } from "../spec/partition-spec.ts";
import type { PipelineId } from "../spec/pipeline-spec.ts";
import { HOUR_LENGTH, joinedKey } from "./joined-key.ts";

/** Something that people of a namespace want to be told of. Times are ISO 8601. */
export type Incident =
  | ({ readonly type: "run_failed" } & FailedRun)
  | ({ readonly type: "deadline_missed" } & DeadlineData)
  | ({ readonly type: "dataset_stale" } & StaleData)
  | ({ readonly type: "dead_letter" } & LostMessage);

export interface FailedRun {
  readonly runId: number;
  readonly pipeline: PipelineId;
  readonly partition: Partition;
  /** When it failed. */
  readonly since: string;
  readonly reason: string | null;
  /** The first task that failed; null when the run failed as a whole. */
  readonly task: string | null;
  readonly error: string | null;
}

export interface LostMessage {
  readonly id: number;
  /** Where it came from, or the subscriber that did not take it. */
  readonly source: string;
  readonly reason: string;
  readonly since: string;
}

/**
 * What makes two tellings one: a channel is told of each key once, whoever finds it and however
 * often. A failed run is one. A deadline is missed once for each round of a partition, a dataset
 * goes stale once after each update. Dead letters of one source and hour are one, because a source
 * that sends nothing but rubbish would send as many alerts.
 */
export function incidentKey(incident: Incident): string {
  switch (incident.type) {
    case "run_failed":
      return joinedKey(incident.type, incident.pipeline, `${incident.runId}`);
    case "deadline_missed": {
      const { pipeline, trigger, partition, since } = incident;
      return joinedKey(incident.type, pipeline, trigger, partitionText(partition), since);
    }
    case "dataset_stale":
      return joinedKey(incident.type, incident.dataset, `${incident.lastUpdate.id}`);
    case "dead_letter":
      return joinedKey(incident.type, incident.source, incident.since.slice(0, HOUR_LENGTH));
  }
}
