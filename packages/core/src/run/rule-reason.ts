import type { RunIf } from "../spec/task-spec.ts";
import type { RuleDecision } from "./run-if.ts";
import { countOne, type RuleCounts, type RuledView } from "./rule-counts.ts";

/** What a rule asks for, as the end of "all_success wants …". */
const WANTS: Readonly<Record<RunIf, string>> = {
  all_success: "every one to succeed",
  all_failed: "every one to fail",
  all_done: "every one to end",
  all_skipped: "every one to be skipped",
  at_least_one_success: "one success",
  at_least_one_failed: "one failure",
  at_least_one_done: "one that ran",
  none_failed: "no failure",
  none_failed_min_one_success: "no failure and one success",
  none_skipped: "none to be skipped",
  always: "nothing",
};

/** How many tasks a reason names; it counts the others. */
const NAMED_MAX = 3;

/**
 * Why a rule did not let a task start, naming those that caused it: "load failed; all_success
 * wants every one to succeed".
 *
 * @param upstream - All have ended.
 */
export function ruleReason(
  rule: RunIf,
  decision: Exclude<RuleDecision, "start" | "wait">,
  upstream: readonly { readonly name: string; readonly view: RuledView | undefined }[],
): string {
  const causes = upstream.flatMap(({ name, view }) => {
    const what = describe(rule, decision, countOne(view), view);
    return what === null ? [] : [`${name} ${what}`];
  });
  const named = causes.slice(0, NAMED_MAX).join(", ");
  const others = causes.length > NAMED_MAX ? ` and ${causes.length - NAMED_MAX} more` : "";
  return `${named}${others}; ${rule} wants ${WANTS[rule]}`;
}

/** What became of one upstream task, if the rule minds it. */
function describe(
  rule: RunIf,
  decision: "skipped" | "upstream_failed",
  counts: RuleCounts,
  view: RuledView | undefined,
): string | null {
  const failed = counts.failed + counts.upstreamFailed;
  const minded = decision === "upstream_failed" ? failed : mindedOf(rule, counts);
  if (minded === 0) return null;
  if (view === undefined) return "was not decided";
  return view.items !== null && counts.total > 1 ? wordsOfItems(counts) : wordsOf(view.state);
}

/** How many outcomes keep a rule from being met that skips. */
function mindedOf(rule: RunIf, { total, success, failed, upstreamFailed, skipped }: RuleCounts) {
  if (rule === "all_failed") return success + skipped;
  if (rule === "all_skipped") return success + failed + upstreamFailed;
  if (rule === "all_success" || rule === "none_skipped") return skipped;
  return total;
}

function wordsOf(state: RuledView["state"]): string {
  if (state === "upstream_failed") return "was held back by a failure";
  return state === "skipped" || state === "cancelled" ? `was ${state}` : state;
}

function wordsOfItems({ total, success, failed, skipped }: RuleCounts): string {
  const parts = [
    [success, "succeeded"],
    [failed, "failed"],
    [skipped, "skipped"],
  ] as const;
  const told = parts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`]));
  return `had ${total} items, ${told.join(", ")}`;
}
