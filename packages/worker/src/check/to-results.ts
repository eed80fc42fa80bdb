import {
  type CheckAnswer,
  type CheckDecision,
  type CheckGroup,
  type CheckResult,
  checkJson,
  type DecideCheck,
  type DueCheck,
} from "@millrace/core/internal";

/**
 * What each observation of a group means: one for each check. Chance is drawn anew for each. One
 * that cannot be judged fails alone, and none that wait beside it.
 */
export function toResults<O>(
  group: CheckGroup,
  observations: readonly O[],
  decide: DecideCheck<O>,
  random: () => number,
): readonly CheckResult[] {
  const { checks, now } = group;
  return checks.map((check, place) => {
    const at = { now, u: random() };
    return toResult(check, decided(decide, check, observations[place] as O, at), now);
  });
}

function decided<O>(
  decide: DecideCheck<O>,
  check: DueCheck,
  observation: O,
  at: { readonly now: number; readonly u: number },
): CheckDecision {
  try {
    return decide(check, observation, at);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { type: "failed", reason: `what was seen cannot be judged: ${message}` };
  }
}

/** What people read beside a wait. */
const SEEN_LENGTH_MAX = 1_024;
/** What a decision keeps until the next ask; it is for counts and marks, not for data. */
const STATE_BYTES_MAX = 16_384;
const KEPT_LESS = {
  bytesMax: STATE_BYTES_MAX,
  mend: "let the check keep less between two asks",
} as const;

function toResult(check: DueCheck, decision: CheckDecision, now: number): CheckResult {
  if (decision.type !== "again") return toAnswered(check, decision);
  const { at, state, seen } = decision;
  const kept = checkJson(state, "its state", KEPT_LESS);
  if (!kept.ok) return toAnswered(check, { type: "failed", reason: kept.problem });
  return {
    type: "again",
    stepId: check.stepId,
    // What lies in the past would be asked without a pause.
    at: Math.max(at, now + 1),
    state: kept.value,
    seen: seen === null ? null : storable(seen),
  };
}

type EndOfCheck = Exclude<CheckDecision, { readonly type: "again" }>;

function toAnswered(check: DueCheck, decision: EndOfCheck): CheckResult {
  const { stepId, remembered = null } = check;
  const answered = { type: "answer", stepId, answer: { ...toAnswer(decision) } } as const;
  if (decision.type !== "done" || decision.remember === undefined) return answered;
  const kept = checkJson(decision.remember, "what it remembers", KEPT_LESS);
  if (!kept.ok) return toAnswered(check, { type: "failed", reason: kept.problem });
  // What cannot be given is not remembered either.
  if (answered.answer.state !== "done") return answered;
  return { ...answered, remember: { from: remembered, value: kept.value } };
}

function toAnswer(decision: EndOfCheck): CheckAnswer {
  if (decision.type !== "done") return { state: decision.type, reason: storable(decision.reason) };
  const read = checkJson(decision.value, "the value of its check");
  return read.ok
    ? { state: "done", value: read.value }
    : { state: "failed", reason: storable(read.problem) };
}

/** Outside systems say what they like; NUL and half a surrogate pair cannot be stored. */
function storable(text: string): string {
  return text.slice(0, SEEN_LENGTH_MAX).toWellFormed().replaceAll("\0", "\uFFFD");
}
