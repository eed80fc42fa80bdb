import { compileEventPattern } from "../pattern/event-pattern.ts";
import { type UriShape, uriShapeOf, uriShapesOverlap } from "../pattern/uri-overlap.ts";
import type { DatasetId } from "../spec/dataset-spec.ts";
import type { PipelineSpec } from "../spec/pipeline-spec.ts";

/** A pattern of datasets or of events, as a leg names it. */
export interface PatternName {
  readonly type: "pattern" | "events";
  readonly pattern: string;
}

/** Finds what a pattern may be about; each pattern is compared with each name once. */
export class PatternNames {
  readonly #uris = new Map<DatasetId, string>();
  /** Of datasets, once a pattern asks for them. */
  #shapes: readonly (readonly [DatasetId, UriShape])[] | null = null;
  readonly #events: Iterable<string>;
  readonly #found = new Map<string, readonly string[]>();

  /** @param events - Every event that is published or waited for. */
  constructor(specs: readonly PipelineSpec[], events: Iterable<string>) {
    this.#events = events;
    for (const { datasets } of specs) {
      for (const [id, { uri }] of Object.entries(datasets)) {
        if (uri !== null) this.#uris.set(id, uri);
      }
    }
  }

  /** The datasets whose places the pattern may name, or the events that it matches. */
  of({ type, pattern }: PatternName): readonly string[] {
    const key = `${type} ${pattern}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = type === "pattern" ? this.#datasetsOf(pattern) : this.#eventsOf(pattern);
    this.#found.set(key, found);
    return found;
  }

  #datasetsOf(pattern: string): string[] {
    const wanted = uriShapeOf(pattern);
    if (wanted === null) return [];
    this.#shapes ??= [...this.#uris].flatMap(([id, uri]) => {
      const shape = uriShapeOf(uri);
      return shape === null ? [] : [[id, shape] as const];
    });
    return this.#shapes.flatMap(([id, shape]) => (uriShapesOverlap(wanted, shape) ? [id] : []));
  }

  #eventsOf(pattern: string): string[] {
    const { match } = compileEventPattern(pattern);
    return [...this.#events].filter(match);
  }
}
