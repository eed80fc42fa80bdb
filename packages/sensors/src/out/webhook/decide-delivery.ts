import { type OutDelivery, type DeliveryResult, invariant } from "@millrace/core/internal";
import type { DeliveryPolicy, Lane } from "./delivery.ts";
import type { OutAnswer } from "./out-http.ts";

const HOUR_MS = 3_600_000;

/**
 * After Standard Webhooks, "a retry schedule spanning multiple days, with an exponential backoff":
 * about 5 s, 30 s, 3 m, 18 m, 1 h 48 m, then every 8 hours, for three days.
 */
export const WEBHOOK_POLICY: DeliveryPolicy = {
  firstDelayMs: 5_000,
  factor: 6,
  delayMsMax: 8 * HOUR_MS,
  attemptsMax: 16,
  ageMsMax: 72 * HOUR_MS,
  refusalsMax: 5,
};

export type NextDelivery =
  | { readonly type: "send"; readonly delivery: OutDelivery }
  | { readonly type: "wait"; readonly until: number }
  | { readonly type: "idle" };

/**
 * What a sender does for one subscriber now. Only its oldest message is ever sent, so that a
 * subscriber gets them in order; a message that waits for its next attempt holds the later ones.
 */
export function nextDelivery(lane: Lane, now: number): NextDelivery {
  const { head, isClosed, takenUntil } = lane;
  if (isClosed || head === null) return { type: "idle" };
  const until = Math.max(head.dueAt, takenUntil ?? 0);
  return until > now ? { type: "wait", until } : { type: "send", delivery: head };
}

/**
 * What becomes of a message by the answer to one attempt: "2xx: Success. […] 410 Gone: […] Sender
 * should disable the webhook endpoint […] The rest of the status codes should be treated as a
 * failure" (Standard Webhooks, delivery success and failure). A redirect is a failure too. What
 * has failed comes again after
 *
 *     delay = max(retry-after, floor((1/2 + u/2) * min(delayMsMax, firstDelayMs * factor^(n-1))))
 *
 * with n the failures so far; `retry-after` is capped at `delayMsMax`. Half of it is fixed, because
 * a receiver that is overloaded shall get some rest for certain.
 *
 * A status that refuses the message itself (400, 413, 415, 422) ends it sooner: all that comes after
 * waits behind it, and it will be no other. What refuses the address (401, 403, 404) is tried on, for
 * somebody may mend that.
 *
 * @param now - When the answer came.
 * @param u - Uniform sample in [0, 1).
 */
export function afterAnswer(
  delivery: OutDelivery,
  answer: OutAnswer,
  { now, u, policy }: { readonly now: number; readonly u: number; readonly policy: DeliveryPolicy },
): DeliveryResult {
  if (answer.type === "answered" && answer.status >= 200 && answer.status <= 299) {
    return { type: "delivered", status: answer.status };
  }
  const reason = reasonOf(answer);
  if (answer.type === "answered" && answer.status === 410) return { type: "gone", reason };
  const failures = delivery.failures + 1;
  if (isRefusal(answer) && failures >= policy.refusalsMax) {
    return {
      type: "dead",
      reason: `${reason}; it refuses the message itself, ${failures} attempts failed`,
    };
  }
  if (failures >= policy.attemptsMax) {
    return { type: "dead", reason: `${reason}; ${failures} attempts failed` };
  }
  const asked = answer.type === "answered" ? retryAfterMs(answer.retryAfter, now) : 0;
  const delayMs = Math.max(Math.min(asked, policy.delayMsMax), retryMs(policy, failures, u));
  const dueAt = now + delayMs;
  if (dueAt - delivery.createdAt <= policy.ageMsMax) return { type: "retry", dueAt, reason };
  return { type: "dead", reason: `${reason}; its time is over after ${failures} attempts` };
}

const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

function isRefusal(answer: OutAnswer): boolean {
  return answer.type === "answered" && REFUSALS.has(answer.status);
}

function retryMs(policy: DeliveryPolicy, failures: number, u: number): number {
  invariant(u >= 0 && u < 1, "u is a uniform sample");
  const full = Math.min(policy.delayMsMax, policy.firstDelayMs * policy.factor ** (failures - 1));
  return Math.floor(full * (0.5 + u / 2));
}

/** RFC 9110, 10.2.3: seconds or an HTTP date. What is neither asks for nothing. */
export function retryAfterMs(text: string | null, now: number): number {
  const value = text?.trim() ?? "";
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value)) return 0;
  const at = Date.parse(value);
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

const BODY_LENGTH_MAX = 200;

function reasonOf(answer: OutAnswer): string {
  if (answer.type === "unreachable") return `no answer: ${line(answer.reason)}`;
  const said = line(answer.body.slice(0, BODY_LENGTH_MAX));
  return `it answered ${answer.status}${said === "" ? "" : `: ${said}`}`;
}

/** What a receiver says stands in logs and tables: on one line, without control characters. */
function line(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\s\p{C}]+/gu, " ")
    .trim();
}
