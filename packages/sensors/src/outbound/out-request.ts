/** A call out, before any redirect. */
export interface OutRequest {
  readonly method?: "GET" | "POST" | "HEAD";
  readonly url: string;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A 2xx answer, read to its end. */
export interface OutAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Where it came from in the end. */
  readonly url: string;
}
