import { type Partition, partitionText, type RunWaiter } from "@millrace/core/internal";
import type { RunCheck, RunKind } from "../check/run-check.ts";
import { runCheckProblem } from "../check/run-check-problem.ts";
import { resolveMatch } from "../check/run-match.ts";
import type { RunAsk } from "./stored-check.ts";

export type ResolvedRunAsk<K extends RunKind> =
  | { readonly ok: true; readonly check: RunCheck<K> }
  | { readonly ok: false; readonly problem: string };

const SEVERAL =
  "The run that waits has a partition of several keys; name the other's in the match.";

/** Settles which runs are meant, now that it is known who waits and where the system is. */
export function resolveRunAsk<K extends RunKind>(
  system: K,
  given: RunAsk,
  waiter: RunWaiter,
  baseUrl: string,
): ResolvedRunAsk<K> {
  const { isSeveral: _, connection, match, ...ask } = given;
  const { since, logicalAt, partition } = waiter;
  const isOwn = match.by === "partition" && match.partition === undefined;
  const own = ownNameOf(system, partition);
  if (isOwn && own === null && Object.keys(partition).length > 1)
    return { ok: false, problem: SEVERAL };
  const resolved = resolveMatch(match, {
    startedAt: since,
    logicalDate: logicalAt,
    partition: own,
  });
  if (!resolved.ok) return resolved;
  const target = { system, baseUrl, connection };
  const check: RunCheck<K> = { target, ...ask, match: resolved.match };
  const problem = runCheckProblem(check);
  return problem === null ? { ok: true, check } : { ok: false, problem };
}

/** Somebody who has all that a match can ask for: what is wrong then, is wrong for everybody. */
const ANYBODY: RunWaiter = { runId: 0, partition: { key: "k" }, logicalAt: 0, since: 0 };

/** Why nobody can ask this, as a sentence with its mend; null when somebody can. */
export function runAskProblem(system: RunKind, ask: RunAsk): string | null {
  const resolved = resolveRunAsk(system, ask, ANYBODY, "https://system.example");
  return resolved.ok ? null : resolved.problem;
}

/** How the other side names the partition of who waits; null when it cannot. */
function ownNameOf(system: RunKind, partition: Partition): string | null {
  const [value = null, ...more] = Object.values(partition);
  if (more.length === 0) return value;
  // The keys of several dimensions have no form that all systems share; two of these do.
  return system === "millrace" ? partitionText(partition) : null;
}
