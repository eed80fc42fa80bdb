import type { BodyLimits } from "./read-body.ts";

/** How much of everything is taken. */
export interface HttpLimits extends BodyLimits {
  /** Requests whose bodies are held at once; the next ones are asked to come again. */
  readonly requestsMax: number;
  /** Events in one batch of CloudEvents. */
  readonly batchMax: number;
}

export const HTTP_LIMITS: HttpLimits = {
  bytesMax: 1_048_576,
  timeoutMs: 10_000,
  requestsMax: 128,
  batchMax: 1_000,
};

/** All names and values together. Node's own server stops at as much. */
export const HEADER_BYTES_MAX: number = 16 * 1_024;

/** What a sender is told to wait before it comes again. */
export const RETRY_AFTER_S = 5;
