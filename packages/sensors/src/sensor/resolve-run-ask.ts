import type { Partition, RunWaiter } from "@millrace/core/internal";
import type { RunCheck, RunSystemName } from "../check/run-check.ts";
import { runCheckProblem } from "../check/run-check-problem.ts";
import { resolveMatch } from "../check/run-match.ts";
import type { RunAsk } from "./stored-check.ts";

export type ResolvedRunAsk =
  | { readonly ok: true; readonly check: RunCheck }
  | { readonly ok: false; readonly problem: string };

const SEVERAL =
  "The run that waits has a partition of several keys; name the other's in the match.";

/** Settles which runs are meant, now that it is known who waits and where the system is. */
export function resolveRunAsk(
  system: RunSystemName,
  given: RunAsk,
  waiter: RunWaiter,
  baseUrl: string,
): ResolvedRunAsk {
  const { isSeveral: _, connection, match, ...ask } = given;
  const { since, logicalAt, partition } = waiter;
  if (isOfSeveral(given, partition)) return { ok: false, problem: SEVERAL };
  const resolved = resolveMatch(match, {
    startedAt: since,
    logicalDate: logicalAt,
    partition: ownKeyOf(partition),
  });
  if (!resolved.ok) return resolved;
  const target = { system, baseUrl, connection };
  const check: RunCheck = { target, ...ask, match: resolved.match };
  const problem = runCheckProblem(check);
  return problem === null ? { ok: true, check } : { ok: false, problem };
}

/** Somebody who has all that a match can ask for: what is wrong then, is wrong for everybody. */
const ANYBODY: RunWaiter = { runId: 0, partition: { key: "k" }, logicalAt: 0, since: 0 };

/** Why nobody can ask this, as a sentence with its mend; null when somebody can. */
export function runAskProblem(system: RunSystemName, ask: RunAsk): string | null {
  const resolved = resolveRunAsk(system, ask, ANYBODY, "https://system.example");
  return resolved.ok ? null : resolved.problem;
}

/** The key of who waits for one; the keys of several dimensions have no form that all systems share. */
function ownKeyOf(partition: Partition): string | null {
  const [key = null, ...more] = Object.values(partition);
  return more.length === 0 ? key : null;
}

function isOfSeveral({ match }: Pick<RunAsk, "match">, partition: Partition): boolean {
  const isOwn = match.by === "partition" && match.partition === undefined;
  return isOwn && Object.keys(partition).length > 1;
}
