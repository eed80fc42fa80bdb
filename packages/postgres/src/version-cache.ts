import {
  compileGraph,
  type PipelineId,
  pipelineId,
  type PipelineSpec,
  present,
  type RunGraph,
} from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "./transact.ts";

/** A pipeline version as the engine uses it. Immutable, so it is parsed once a process. */
export interface LoadedVersion {
  readonly versionId: number;
  readonly version: string;
  readonly pipelineRowId: number;
  readonly pipeline: PipelineId;
  readonly spec: PipelineSpec;
  readonly graph: RunGraph;
}

const CACHED_MAX = 10_000;

export class VersionCache {
  readonly #byId: Map<number, LoadedVersion> = new Map();

  /** Loads what is missing, in one query. */
  async load(tx: Tx, ids: readonly number[]): Promise<(id: number) => LoadedVersion> {
    const missing = [...new Set(ids)].filter((id) => !this.#byId.has(id));
    if (missing.length > 0) await this.#fetch(tx, missing);
    return (id) => present(this.#byId.get(id), `pipeline version ${id}`);
  }

  async #fetch(tx: Tx, ids: readonly number[]): Promise<void> {
    const { rows } = await sql<{
      id: number;
      pipeline_id: number;
      version: string;
      spec: PipelineSpec;
    }>`select id, pipeline_id, version, spec from millrace.pipeline_version
       where id = any(${ids}::bigint[])`.execute(tx);
    if (this.#byId.size + rows.length > CACHED_MAX) this.#byId.clear();
    for (const { id, pipeline_id, version, spec } of rows) {
      this.#byId.set(id, {
        versionId: id,
        version,
        pipelineRowId: pipeline_id,
        pipeline: pipelineId(spec),
        spec,
        graph: compileGraph(spec),
      });
    }
  }
}
