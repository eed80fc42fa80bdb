import type { JsonValue } from "@millrace/core/internal";

/** A broken promise, with what it was seen by. */
export interface Finding {
  /** `lost` and `doubled` are about what was intended; the rest is told by itself. */
  readonly kind: "lost" | "doubled" | "nonTerminal" | "invariant" | "process" | "rest";
  readonly what: string;
  readonly detail: JsonValue;
}

export function finding(kind: Finding["kind"], what: string, detail: JsonValue): Finding {
  return { kind, what, detail };
}
