import type { DatasetSpec, JsonValue, PipelineSpec, TriggerSpec } from "@millrace/core/internal";
import type { Generated } from "kysely";

/** The tables that are read and written through Kysely's builder; hot statements are SQL. */
export interface Tables {
  "millrace.deployment": { name: string; build: number | null; registered_at: Generated<Date> };
  "millrace.pipeline": PipelineTable;
  "millrace.pipeline_version": {
    id: Generated<number>;
    pipeline_id: number;
    version: string;
    spec: PipelineSpec;
    registered_at: Generated<Date>;
  };
  "millrace.dataset": {
    id: Generated<number>;
    namespace: string;
    name: string;
    spec: DatasetSpec;
  };
  "millrace.trigger": {
    id: Generated<number>;
    pipeline_id: number;
    name: string;
    spec: TriggerSpec;
    active: boolean;
  };
  "millrace.worker": {
    session_id: string;
    host: string;
    pid: number;
    slots: number;
    channels: JsonValue;
    started_at: Generated<Date>;
    lease_until: Date;
    draining: Generated<boolean>;
  };
  "millrace.dead_letter": {
    id: Generated<number>;
    source: string;
    reason: string;
    body: string;
    at: Generated<Date>;
  };
}

interface PipelineTable {
  id: Generated<number>;
  namespace: string;
  name: string;
  deployment: string;
  /** Null: no deployment has it any more. */
  version_id: number | null;
  paused: Generated<boolean>;
  max_active_runs: number | null;
}
