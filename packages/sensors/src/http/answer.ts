import type { Hook } from "./hook.ts";
import type { IntakeMessage } from "./intake-port.ts";
import { RETRY_AFTER_S } from "./limits.ts";
import type { Reading, Refusal } from "./reading.ts";

/** What a sender hears. */
export interface Answer {
  readonly status: Refusal["status"] | 200;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const SENTENCES_MAX = 20;

export function toRefusal({ status, message }: Refusal): Answer {
  const headers: Record<string, string> = {};
  if (status === 503) headers["retry-after"] = String(RETRY_AFTER_S);
  // SNS sends the user and password of its address only after it has been asked.
  if (status === 401) headers["www-authenticate"] = 'Basic realm="millrace", Bearer';
  if (status === 405) headers["allow"] = "POST";
  // What is left of the body is not read, so nothing can follow it.
  if (status === 408 || status === 413) headers["connection"] = "close";
  return { status, headers, body: { error: message } };
}

/**
 * What is said once everything is committed. Who wrote a message that is broken as a whole hears
 * so with 400, besides that it is a dead letter. Who only carries messages (SNS, EventBridge,
 * MinIO) cannot mend them: it hears 200, or MinIO would send the same one again and again and keep
 * back all that come after it.
 *
 * @param refused - Why the store refused what could be read: dead letters, too.
 */
export function toAnswer(
  hook: Hook,
  { messages, ignored }: Extract<Reading, { readonly type: "taken" }>,
  refused: readonly string[],
): Answer {
  const reasons = [...messages.flatMap(reasonOf), ...refused];
  const accepted = messages.length - reasons.length;
  const isAuthor = hook.kind === "json" || hook.kind === "cloudevents";
  const isLost = isAuthor && accepted === 0 && reasons.length > 0;
  const deadLetters = reasons.slice(0, SENTENCES_MAX);
  const body = {
    ...(isLost && { error: `Nothing could be taken; it is a dead letter: ${reasons[0]}` }),
    accepted,
    ...(reasons.length > 0 && { deadLetters }),
    ...(ignored.length > 0 && { ignored: ignored.slice(0, SENTENCES_MAX) }),
  };
  return { status: isLost ? 400 : 200, headers: {}, body };
}

function reasonOf(message: IntakeMessage): readonly string[] {
  return message.type === "deadLetter" ? [message.letter.reason] : [];
}
