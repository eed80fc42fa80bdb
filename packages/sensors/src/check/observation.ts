import type { Instant, JsonValue } from "@millrace/core/internal";

interface Seen {
  /** Where a person can look at it; null when there is no such place. */
  readonly url: string | null;
  /** When the answer came. */
  readonly at: Instant;
}

/** What one look outside found. */
export type Observation = Seen &
  (
    | { readonly type: "missing"; readonly said: string }
    | { readonly type: "running"; readonly said: string }
    /** `remember`: for the next wait of the same task, where the check has a memory. */
    | { readonly type: "succeeded"; readonly value: JsonValue; readonly remember?: JsonValue }
    | { readonly type: "failed"; readonly said: string }
    /** It was there at an earlier look. */
    | { readonly type: "removed"; readonly said: string }
    /** The look itself failed: it says nothing about what is waited for. */
    | { readonly type: "unreachable"; readonly said: string }
  );

export type ObservationType = Observation["type"];
