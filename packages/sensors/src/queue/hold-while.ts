import type { Pace } from "../source/pause.ts";
import type { MessageHold } from "./message-queue.ts";

export interface Held<M> {
  readonly hold: MessageHold<M>;
  readonly messages: readonly M[];
  readonly pace: Pace;
  readonly onProblem: (message: string, error: unknown) => void;
}

/** Does `work`, and asks for more time again and again until it is done. */
export async function holdWhile<M, T>(held: Held<M>, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  const holding = keepHolding(held, done.signal);
  try {
    return await work();
  } finally {
    done.abort();
    await holding;
  }
}

/** A failure is told once: what comes again meanwhile is known, and makes no second update. */
async function keepHolding<M>(held: Held<M>, signal: AbortSignal): Promise<void> {
  const { hold, messages, pace, onProblem } = held;
  const message = "Messages could not be held and may come again.";
  let isTold = false;
  for (;;) {
    await pace.pause(hold.everyMs, signal);
    if (signal.aborted) return;
    try {
      const [reason] = await hold.extend(messages, signal);
      if (reason !== undefined) tell(new Error(reason));
    } catch (error) {
      if (!signal.aborted) tell(error);
    }
  }

  function tell(error: unknown): void {
    if (!isTold) onProblem(message, error);
    isTold = true;
  }
}
