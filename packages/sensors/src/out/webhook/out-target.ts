import { secretProblem } from "./sign-webhook.ts";

/** Where a subscriber wants its messages. */
export interface OutTarget {
  readonly url: string;
  /** The newest first; empty: what is sent is not signed. */
  readonly secrets: readonly string[];
  /** Of their own, such as `authorization`; of lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one attempt. 1,000 to 60,000. */
  readonly timeoutMs: number;
}

export const TIMEOUT_MS_MIN = 1_000;
export const TIMEOUT_MS_MAX = 60_000;
/** "Somewhere between 15 and 30s": Standard Webhooks, request timeouts. */
export const TIMEOUT_MS = 20_000;

/** What is wrong with a target, as sentences; never with what is secret in it. */
export function targetProblems(subscriber: string, target: OutTarget): readonly string[] {
  const secrets = target.secrets.map((secret, at) => {
    const problem = secretProblem(secret);
    return problem === null ? null : `secret ${at + 1} ${problem}`;
  });
  return [urlProblem(target.url), ...secrets, timeoutProblem(target.timeoutMs)].flatMap((problem) =>
    problem === null ? [] : [`Subscriber ${JSON.stringify(subscriber)}: its ${problem}.`],
  );
}

function urlProblem(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    return "URL is none of http or https";
  }
  if (url.username !== "" || url.password !== "") {
    return 'URL holds credentials; give them as the header "authorization"';
  }
  return null;
}

function timeoutProblem(timeoutMs: number): string | null {
  if (timeoutMs >= TIMEOUT_MS_MIN && timeoutMs <= TIMEOUT_MS_MAX) return null;
  return `timeout is ${timeoutMs} ms; it must be ${TIMEOUT_MS_MIN} to ${TIMEOUT_MS_MAX}`;
}
