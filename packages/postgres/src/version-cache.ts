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

/** Runs that others end are noted until then. */
const NOTED_MAX = 10_000;

export class VersionCache {
  readonly #cachedMax: number;
  readonly #byId: Map<number, LoadedVersion> = new Map();
  readonly #ofRun: Map<number, LoadedVersion> = new Map();

  /** @param cachedMax - Versions kept, at most; a larger load is still answered whole. */
  constructor(cachedMax: number = CACHED_MAX) {
    this.#cachedMax = cachedMax;
  }

  /** Loads what is missing, in one query. The answer outlives whatever the cache forgets. */
  async load(tx: Tx, ids: readonly number[]): Promise<(id: number) => LoadedVersion> {
    const found = new Map<number, LoadedVersion>();
    const missing = new Set<number>();
    for (const id of ids) {
      const known = this.#byId.get(id);
      if (known === undefined) missing.add(id);
      else found.set(id, known);
    }
    if (missing.size > 0) {
      for (const version of await fetchVersions(tx, [...missing])) {
        found.set(version.versionId, version);
        this.#keep(version);
      }
    }
    return (id) => present(found.get(id), `pipeline version ${id}`);
  }

  /** Notes the version of a run that has a task in this process. */
  note(runId: number, version: LoadedVersion): void {
    if (this.#ofRun.size >= NOTED_MAX) this.#ofRun.clear();
    this.#ofRun.set(runId, version);
  }

  /** The version that a run had when it was noted: a guess, until its lock is held. */
  guess(runId: number): LoadedVersion | null {
    return this.#ofRun.get(runId) ?? null;
  }

  /** The run has ended. */
  forget(runId: number): void {
    this.#ofRun.delete(runId);
  }

  #keep(version: LoadedVersion): void {
    if (this.#byId.size >= this.#cachedMax) this.#byId.clear();
    this.#byId.set(version.versionId, version);
  }
}

async function fetchVersions(tx: Tx, ids: readonly number[]): Promise<LoadedVersion[]> {
  const { rows } = await sql<{
    id: number;
    pipeline_id: number;
    version: string;
    spec: PipelineSpec;
  }>`select id, pipeline_id, version, spec from millrace.pipeline_version
     where id = any(${ids}::bigint[])`.execute(tx);
  return rows.map(({ id, pipeline_id, version, spec }) => ({
    versionId: id,
    version,
    pipelineRowId: pipeline_id,
    pipeline: pipelineId(spec),
    spec,
    graph: compileGraph(spec),
  }));
}
