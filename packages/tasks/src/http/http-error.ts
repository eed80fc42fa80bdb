/** What a server answered that is no success, or that it did not answer. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  /** 0 when there was no answer. */
  readonly status: number;
  /** At most 1 KiB of its beginning. */
  readonly body: string;

  constructor(message: string, { status, body }: { status: number; body: string }) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** How workers recognise errors after which there is no other attempt. */
const NOT_RETRYABLE = Symbol.for("millrace.not-retryable");

/** The server would answer the same again: there is no other attempt. */
export class HttpRefused extends HttpError {
  override readonly name = "HttpRefused";

  constructor(message: string, failure: { status: number; body: string }) {
    super(message, failure);
    Object.defineProperty(this, NOT_RETRYABLE, { value: true });
  }
}
