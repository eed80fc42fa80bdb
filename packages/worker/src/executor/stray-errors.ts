import { AsyncLocalStorage } from "node:async_hooks";

type OnStray = (error: unknown) => void;

const causes = new AsyncLocalStorage<OnStray>();

export interface Blamed<Outcome> {
  /** Aborted when the handler's attempt is over. */
  readonly over: AbortSignal;
  /** What becomes of the attempt by an error that its handler let go astray. */
  readonly fail: (error: unknown) => Outcome;
  /** Hears of one that came when the attempt was over. */
  readonly onLate: (error: unknown) => void;
}

/**
 * Runs a handler so that errors which it lets go astray, in a promise that nobody awaits or in a
 * callback of a timer, are known to be its own, however late they come.
 */
export function blaming<Outcome>(
  handler: () => Promise<Outcome>,
  { over, fail, onLate }: Blamed<Outcome>,
): Promise<Outcome> {
  const strayed = Promise.withResolvers<Outcome>();
  const onStray: OnStray = (error) => (over.aborted ? onLate(error) : strayed.resolve(fail(error)));
  return Promise.race([causes.run(onStray, handler), strayed.promise]);
}

/**
 * Takes errors of this process that nobody caught, from now on: those of handlers become the
 * failure of their attempt, instead of the end of a process with all that it runs.
 *
 * @param onOther - Hears of those that no handler has caused: what this process believes may not
 * be true any more, so it should hand back what it runs and end.
 * @returns Gives them back to whoever had them.
 */
export function takeStrayErrors(onOther: (error: unknown) => void): () => void {
  // Both are told in the context in which the error came about.
  const hear = (error: unknown): void => (causes.getStore() ?? onOther)(error);
  process.on("uncaughtException", hear);
  process.on("unhandledRejection", hear);
  return () => {
    process.off("uncaughtException", hear);
    process.off("unhandledRejection", hear);
  };
}
