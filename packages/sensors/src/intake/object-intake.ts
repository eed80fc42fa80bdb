import {
  canonicalJson,
  type DatasetId,
  type DatasetSpec,
  type DeadLetter,
  type IntakeResult,
  type IntakeStore,
  type ObservedObject,
  present,
} from "@millrace/core/internal";
import type { ObjectReader } from "../manifest/object-reader.ts";
import { type ManifestNames, readManifests } from "../manifest/read-manifests.ts";
import { route, type Routes, type Sighting, toRoutes } from "./route-record.ts";

/** What a running source needs, and whom it tells. */
export interface ObjectSourceDeps {
  readonly intake: Pick<IntakeStore, "recordObjects" | "recordDeadLetters">;
  /** Every registered dataset. Asked for each batch, so that it may keep an answer for a while. */
  readonly datasets: () => Promise<readonly DatasetSpec[]>;
  /** The datasets that a task produces: their objects count only where `observed` says so. */
  readonly produced: () => Promise<ReadonlySet<DatasetId>>;
  /** Does what each commit left to do. */
  readonly afterwards: (result: IntakeResult) => void;
  /** Hears of each object that became an update. */
  readonly onRecorded?: (recorded: RecordedObject) => void;
  /** Hears of all that went wrong. None of it stops the source. */
  readonly onProblem?: (problem: SourceProblem) => void;
}

export interface RecordedObject {
  readonly source: string;
  readonly updateId: number;
  readonly object: ObservedObject;
}

export interface SourceProblem {
  readonly source: string;
  /** A sentence for people. */
  readonly message: string;
  /** What was thrown; null when nothing was. */
  readonly error: unknown;
}

/** A message that nobody can read, or that the store refuses. */
export type BuriedLetter = Omit<DeadLetter, "source">;

/** So many different complaints are kept in mind, so that a listing does not repeat them. */
const COMPLAINTS_MAX = 1_000;

/** A listing source of the same bucket reads the manifests then. */
const UNREACHABLE: ObjectReader = {
  read: () =>
    Promise.resolve({
      ok: false,
      problem: "cannot be read by this source, which has no access to its bucket; list it too",
    }),
};

/** Brings what a source sees to the store. */
export class ObjectIntake {
  readonly #source: string;
  readonly #deps: ObjectSourceDeps;
  readonly #complaints = new Set<string>();
  readonly #reader: ObjectReader | null;
  #routes: { readonly text: string; readonly routes: Routes } | null = null;

  /** @param reader - Of manifests; null where the source cannot reach the bucket. */
  constructor(source: string, deps: ObjectSourceDeps, reader: ObjectReader | null = null) {
    this.#source = source;
    this.#deps = deps;
    this.#reader = reader;
  }

  /**
   * Records those of the objects that are news, and resolves when they are committed.
   *
   * @returns How many updates they became.
   */
  async record(sightings: readonly Sighting[]): Promise<number> {
    if (sightings.length === 0) return 0;
    const routes = await this.routes();
    const routed = sightings.map((sighting) => route(sighting, routes));
    for (const text of routed.flatMap(({ unmatched }) => unmatched)) this.#complain(text);
    const observed = await this.#withManifests(
      routed.flatMap((found) => found.observed),
      routes.manifests,
    );
    if (observed.length === 0) return 0;
    const result = await this.#deps.intake.recordObjects(observed);
    this.#deps.afterwards(result);
    for (const [index, updateId] of result.ids.entries()) {
      if (updateId === null) continue;
      const object = present(observed[index], "the object of an update");
      this.#deps.onRecorded?.({ source: this.#source, updateId, object });
    }
    return result.ids.filter((id) => id !== null).length;
  }

  async bury(letters: readonly BuriedLetter[]): Promise<void> {
    if (letters.length === 0) return;
    await this.#deps.intake.recordDeadLetters(
      letters.map((letter) => ({ source: this.#source, ...letter })),
    );
    for (const { reason } of letters) this.report(`A message is a dead letter now: ${reason}.`);
  }

  /** Compiled anew only when the datasets have changed. */
  async routes(): Promise<Routes> {
    const [datasets, produced] = await Promise.all([this.#deps.datasets(), this.#deps.produced()]);
    const text = canonicalJson([datasets, [...produced].toSorted()]);
    if (this.#routes !== null && this.#routes.text === text) return this.#routes.routes;
    const routes = toRoutes(datasets, produced);
    this.#routes = { text, routes };
    for (const problem of routes.matcher.problems) this.#complain(problem);
    return routes;
  }

  report(message: string, error: unknown = null): void {
    this.#deps.onProblem?.({ source: this.#source, message, error });
  }

  #withManifests(
    observed: readonly ObservedObject[],
    names: ManifestNames,
  ): Promise<readonly ObservedObject[]> | readonly ObservedObject[] {
    const reader = this.#reader ?? UNREACHABLE;
    const onProblem = (message: string): void => this.#complain(message);
    return readManifests(observed, { names, reader, onProblem });
  }

  #complain(message: string): void {
    if (this.#complaints.has(message)) return;
    if (this.#complaints.size >= COMPLAINTS_MAX) this.#complaints.clear();
    this.#complaints.add(message);
    this.report(message);
  }
}
