import type { JsonValue } from "@millrace/core/internal";

/** One breach of one invariant, as precise as it was found. */
export interface Violation {
  /** `I1` to `I28`, as docs/guarantees.md names them. */
  readonly invariant: `I${number}`;
  /** What was seen, in a sentence that names the rows. */
  readonly what: string;
  readonly detail: JsonValue;
}
