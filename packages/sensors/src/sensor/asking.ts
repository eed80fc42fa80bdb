import type { Instant, JsonValue, RunWaiter } from "@millrace/core/internal";
import type { Observation } from "../check/observation.ts";
import type { Connection, ConnectionRead } from "../connection/connection.ts";
import type { AllowedTargets } from "../outbound/allowed-targets.ts";

/** What an asker found: `notAsked` where a group is larger than the time that one ask has. */
export type Look = Observation | "notAsked";

/** What is asked, and who waits for it. */
export interface Question<A> {
  readonly ask: A;
  readonly waiter: RunWaiter;
  /** What the last answer under the memory of the check left there; null: nothing yet. */
  readonly remembered: JsonValue;
}

/** One ask of a group: what the askers of every kind need. */
export interface Asking {
  readonly now: () => Instant;
  /** True when nothing more is to be begun. */
  readonly isLate: () => boolean;
  readonly signal: AbortSignal;
  readonly allow: AllowedTargets;
  readonly connection: (name: string, isUrlNeeded?: boolean) => Promise<ConnectionRead>;
}

/** One call of an ask takes no longer, so that several fit into it. */
export const CALL_MS = 5_000;

export function cannotAsk(said: string, at: Instant): Observation {
  return { type: "unreachable", said, url: null, at };
}

/** How a connection tells who asks by HTTP. */
export function authorizationOf({ token, login }: Connection): Readonly<Record<string, string>> {
  if (token !== null) return { authorization: `Bearer ${token}` };
  if (login === null) return {};
  const pair = Buffer.from(`${login.username}:${login.password}`).toString("base64");
  return { authorization: `Basic ${pair}` };
}
