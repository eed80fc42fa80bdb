import type { Asker, CheckGroup } from "@millrace/core/internal";
import type { Clock } from "../clock.ts";

export type Asked<O> =
  | { readonly ok: true; readonly observations: readonly O[] }
  /** `stopped`: nobody is to blame, the process ends. */
  | { readonly ok: false; readonly stopped: boolean; readonly error: unknown };

interface AskLimits {
  readonly ms: number;
  readonly clock: Clock;
  readonly stop: AbortSignal;
}

/** Asks, but no longer than `ms`: an asker that does not heed its signal is left behind. */
export async function askInTime<O>(
  asker: Asker<O>,
  group: CheckGroup,
  { ms, clock, stop }: AskLimits,
): Promise<Asked<O>> {
  const late = new AbortController();
  const done = new AbortController();
  const signal = AbortSignal.any([late.signal, stop]);
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  aborted.catch(() => {});
  void clock.sleep(ms, done.signal).then(() => {
    if (!done.signal.aborted) late.abort(new Error(`it did not answer within ${ms} ms`));
  });
  try {
    signal.throwIfAborted();
    const asking = asker.ask(group, signal);
    const observations = await Promise.race([asking, aborted]);
    assertComplete(group, observations);
    return { ok: true, observations };
  } catch (error) {
    return { ok: false, stopped: stop.aborted, error };
  } finally {
    done.abort();
  }
}

function assertComplete({ kind, checks }: CheckGroup, observations: readonly unknown[]): void {
  const { length } = observations;
  if (length === checks.length) return;
  throw new Error(`the asker of ${kind} gave ${length} observations of ${checks.length} checks`);
}
