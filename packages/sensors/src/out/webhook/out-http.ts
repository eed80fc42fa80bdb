/** What is to be sent. */
export interface OutRequest {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole of it, the answer included. */
  readonly timeoutMs: number;
}

/** What came of it. Of the answer's body nobody needs more than a beginning. */
export type OutAnswer =
  | {
      readonly type: "answered";
      readonly status: number;
      /** Of the header `retry-after`, as it came. */
      readonly retryAfter: string | null;
      /** The beginning of the body. */
      readonly body: string;
    }
  /** No answer: refused, reset, not resolved, not in time, an address that may not be asked. */
  | { readonly type: "unreachable"; readonly reason: string };

/**
 * Sends one request. Follows no redirect, and is bounded in time and in what it reads; whatever
 * goes wrong is an answer.
 */
export type OutSend = (request: OutRequest) => Promise<OutAnswer>;
