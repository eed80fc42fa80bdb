import { createHmac } from "node:crypto";
import { MillraceError } from "@millrace/core/internal";

const PREFIX = "whsec_";
/**
 * "Random. At least 24 bytes (192 bits, 512 maximum)": Standard Webhooks, signature scheme. The
 * maximum is of bits, too: receivers refuse longer ones.
 */
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const SECRETS_MAX = 5;

/** What is signed: one attempt to deliver one message. */
export interface SignedMessage {
  /** The same at each attempt, so that a receiver knows a repetition. Without full stops. */
  readonly id: string;
  /** When this attempt is made. */
  readonly atMs: number;
  readonly body: string;
}

/**
 * The headers of Standard Webhooks: `webhook-id`, `webhook-timestamp` in seconds, and
 * `webhook-signature`, a space-delimited list with one `v1,{base64 of HMAC-SHA256}` over
 * `{id}.{timestamp}.{body}` for each secret. Several secrets stand beside each other while one is
 * replaced; a receiver takes any that it knows.
 *
 * @param secrets - Each `whsec_` and base64 of 24 to 64 bytes; 1 to 5.
 * @throws {INPUT_INVALID} When a secret is none; the message never repeats it.
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signWebhook(
  { id, atMs, body }: SignedMessage,
  secrets: readonly string[],
): Readonly<Record<string, string>> {
  checkSecrets(id, secrets);
  const timestamp = `${Math.floor(atMs / 1_000)}`;
  const signatures = secrets.map((secret) => {
    const hmac = createHmac("sha256", keyOf(secret));
    return `v1,${hmac.update(`${id}.${timestamp}.${body}`, "utf8").digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}

/** What is wrong with a secret, as the end of a sentence; null when it can sign. */
export function secretProblem(secret: string): string | null {
  if (!secret.startsWith(PREFIX)) return `does not begin with "${PREFIX}"`;
  const text = secret.slice(PREFIX.length);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return `is not base64 after "${PREFIX}"`;
  const bytes = keyOf(secret).length;
  if (bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX) return null;
  return `has ${bytes} bytes; it must have ${SECRET_BYTES_MIN} to ${SECRET_BYTES_MAX}`;
}

function checkSecrets(id: string, secrets: readonly string[]): void {
  const issues = secrets.flatMap((secret, at) => {
    const problem = secretProblem(secret);
    return problem === null ? [] : [`Secret ${at + 1} ${problem}.`];
  });
  if (secrets.length === 0 || secrets.length > SECRETS_MAX) {
    issues.push(`There are ${secrets.length} secrets; give 1 to ${SECRETS_MAX}.`);
  }
  if (id === "" || id.includes(".")) issues.push("Its id is empty or has a full stop.");
  if (issues.length === 0) return;
  const what = `webhook ${id}`;
  throw new MillraceError(
    "INPUT_INVALID",
    { what, issues },
    `The webhook ${JSON.stringify(id)} cannot be signed: ${issues.join(" ")} ` +
      "Make a secret with: echo whsec_$(openssl rand -base64 32)",
  );
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice(PREFIX.length), "base64");
}
