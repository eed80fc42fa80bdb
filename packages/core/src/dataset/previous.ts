import type { AnyDataset, DatasetDeclaration } from "./any-dataset.ts";

const PREVIOUS: unique symbol = Symbol.for("millrace.previous") as never;

export interface AnyPrevious {
  readonly [PREVIOUS]: DatasetDeclaration;
  readonly "~dataset"?: unknown;
}

/** A deliberate read of what an earlier run wrote. */
export interface Previous<D extends AnyDataset> extends AnyPrevious {
  readonly "~dataset"?: D;
}

export function previousOf<D extends AnyDataset>(declaration: DatasetDeclaration): Previous<D> {
  return Object.freeze({ [PREVIOUS]: declaration });
}

/** The dataset whose past `value` reads; null for anything else. */
export function previousDeclarationOf(value: unknown): DatasetDeclaration | null {
  const isPrevious = typeof value === "object" && value !== null && PREVIOUS in value;
  return isPrevious ? (value as AnyPrevious)[PREVIOUS] : null;
}
