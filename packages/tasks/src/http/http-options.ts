export interface HttpOptions {
  /** `GET`; `POST` where there is something to send. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Uint8Array<ArrayBuffer>;
  /** For each try, as a duration; `30s` unless told. */
  readonly timeout?: string;
  /** Which answers are asked again here, before the attempt fails; none unless told. */
  readonly retryOn?: readonly number[];
  /** How often at most, beyond the first; 2 unless told. */
  readonly retries?: number;
  /** A larger answer is an error; 16 MiB unless told. */
  readonly bytesMax?: number;
  /** What to make of the body; JSON unless told. */
  readonly parse?: "json" | "text" | "bytes" | "response";
}

/** The whole answer, for those who need its status or its headers. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type HttpResult<O extends HttpOptions> = O extends { readonly parse: "text" }
  ? string
  : O extends { readonly parse: "bytes" }
    ? Uint8Array
    : O extends { readonly parse: "response" }
      ? HttpResponse
      : unknown;
