import { readFile } from "node:fs/promises";
import { datasetId, type DatasetId, type DatasetSpec } from "@millrace/core/internal";
import type { Store } from "@millrace/postgres";
import {
  type ObjectSourceDeps,
  type RecordedObject,
  type RunningSource,
  type SourceProblem,
  startEventSource,
  startObjectSource,
} from "@millrace/sensors";
import { healthChange } from "@millrace/sensors/internal";
import type { FollowUps } from "@millrace/worker";
import type { Project } from "./project/project.ts";
import { foreignLine } from "./terminal/words.ts";

export interface SourceHooks {
  readonly onRecorded?: (recorded: RecordedObject) => void;
  readonly onProblem?: (problem: SourceProblem) => void;
  /** Hears when a source begins to fail, and when it works again: a line for people. */
  readonly onHealthChanged?: (line: string) => void;
}

/** A problem of a source with what the service said, without which nobody could mend it. */
export function sourceProblemWords({ message, error }: SourceProblem): string {
  if (!(error instanceof Error)) return foreignLine(message);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return foreignLine(`${message} (${error.message || code})`);
}

/** Registrations of other deployments are seen within this time. */
const KNOWN_FOR_MS = 2_000;
const HEALTH_EVERY_MS = 1_000;

/** What sources need of a process. */
export interface SourceParts {
  readonly store: Store;
  readonly followUps: FollowUps;
  readonly hooks: SourceHooks;
}

/**
 * Starts the sources of a project, which serve the datasets of every deployment. Connections that
 * they name come from the environment.
 */
export function startSources(
  { sources, eventSources }: Project,
  { store, followUps, hooks }: SourceParts,
): { stop(): Promise<void> } {
  const deps: ObjectSourceDeps & { readonly intake: Store } = {
    intake: store,
    ...knownDatasets(store),
    afterwards: (result) => followUps.follow(result),
    ...(hooks.onRecorded !== undefined && { onRecorded: hooks.onRecorded }),
    ...(hooks.onProblem !== undefined && { onProblem: hooks.onProblem }),
  };
  const connections = {
    environment: process.env,
    readFile: (path: string) => readFile(path, "utf8"),
  };
  const running: RunningSource[] = [
    ...sources.map((source) => startObjectSource(source, deps)),
    ...eventSources.map((source) => startEventSource(source, { ...deps, connections })),
  ];
  const watch = watchHealth([...sources, ...eventSources], running, hooks.onHealthChanged);
  return {
    stop: async () => {
      clearInterval(watch);
      await Promise.all(running.map((source) => source.stop()));
    },
  };
}

function watchHealth(
  sources: readonly { readonly name: string }[],
  running: readonly RunningSource[],
  tell: SourceHooks["onHealthChanged"],
): NodeJS.Timeout | undefined {
  if (tell === undefined || running.length === 0) return undefined;
  const states = running.map((source) => source.health().state);
  const look = (): void => {
    for (const [at, source] of running.entries()) {
      const health = source.health();
      const change = healthChange(states[at] ?? "starting", health);
      if (change !== null) tell(`source ${sources[at]?.name ?? ""} ${change}`);
      states[at] = health.state;
    }
  };
  return setInterval(look, HEALTH_EVERY_MS).unref();
}

/** What is registered, as intakes ask for it. */
export function knownDatasets(store: Store): Pick<ObjectSourceDeps, "datasets" | "produced"> {
  const known = keepFor(KNOWN_FOR_MS, () => loadKnown(store));
  return {
    datasets: async () => (await known()).datasets,
    produced: async () => (await known()).produced,
  };
}

interface Known {
  readonly datasets: readonly DatasetSpec[];
  readonly produced: ReadonlySet<DatasetId>;
}

async function loadKnown(store: Store): Promise<Known> {
  const specs = (await store.listSpecs()).map(({ spec }) => spec);
  const datasets = new Map(
    specs.flatMap((spec) => Object.values(spec.datasets).map((d) => [datasetId(d), d] as const)),
  );
  const outputs = specs.flatMap(({ tasks }) => tasks.flatMap((t) => Object.values(t.produces)));
  const produced = outputs.flatMap((output) => (output.type === "dataset" ? [output.dataset] : []));
  return { datasets: [...datasets.values()], produced: new Set(produced) };
}

function keepFor<T>(ms: number, load: () => Promise<T>): () => Promise<T> {
  let kept: { readonly at: number; readonly value: Promise<T> } | null = null;
  return () => {
    if (kept === null || performance.now() - kept.at > ms) {
      kept = { at: performance.now(), value: load() };
      // What could not be loaded is not kept.
      kept.value.catch(() => (kept = null));
    }
    return kept.value;
  };
}
