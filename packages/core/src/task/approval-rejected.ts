import { NonRetryable } from "./non-retryable.ts";

/** Nobody answered in time, and that is a no. */
export class ApprovalExpired extends NonRetryable {
  override readonly name = "ApprovalExpired";
}

/**
 * Somebody said no. It fails the task of an `approval()`, and another attempt would not help.
 *
 * @example
 * task("tell", { when: ok.failed() }, () => mail("it was rejected"));
 */
export class ApprovalRejected extends NonRetryable {
  override readonly name = "ApprovalRejected";
  /** Who said it; null when that is not known. */
  readonly by: string | null;
  readonly comment: string | null;

  constructor(answer: { readonly by: string | null; readonly comment: string | null }) {
    const who = answer.by === null ? "it was rejected" : `${answer.by} rejected it`;
    super(answer.comment === null ? who : `${who}: ${answer.comment}`);
    this.by = answer.by;
    this.comment = answer.comment;
  }
}
