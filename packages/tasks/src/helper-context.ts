/** Of a handler's context, what the helpers use. */
export interface HelperContext {
  readonly log: {
    info(message: string, fields?: Readonly<Record<string, unknown>>): void;
    warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  };
  /** Stops what runs when it aborts. */
  readonly signal: AbortSignal;
  /** The same for each attempt of a task run, and for no other. */
  readonly attempt: { readonly key: string };
}
