/** Why a call out gave nothing to work with. The words never hold what the other side sent. */
export type FetchFailure =
  | { readonly type: "refusedAddress"; readonly message: string }
  | { readonly type: "unreachable"; readonly message: string }
  | { readonly type: "timeout"; readonly message: string }
  | { readonly type: "tooLarge"; readonly message: string }
  | { readonly type: "tooManyRedirects"; readonly message: string }
  | { readonly type: "notJson"; readonly message: string }
  | {
      readonly type: "status";
      readonly message: string;
      readonly status: number;
      /** Of the header `retry-after`, as it came, up to 64 characters; null: there is none. */
      readonly retryAfter: string | null;
    };

export type FetchFailureType = FetchFailure["type"];

/** Carries a failure out of Node's callbacks; never leaves this directory. */
export class CallFailed extends Error {
  readonly failure: FetchFailure;

  constructor(failure: FetchFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A failure without the data of a status. */
export function callFailed(type: Exclude<FetchFailureType, "status">, message: string): CallFailed {
  return new CallFailed({ type, message });
}
