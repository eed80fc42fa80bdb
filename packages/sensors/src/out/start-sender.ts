import type { FeedStore, OutboxStore } from "@millrace/core/internal";
import { realPace } from "../source/pause.ts";
import type { ReadOuts } from "./define/read-outs.ts";
import { feedOutbox } from "./feed/feed-outbox.ts";
import type { OutSend } from "./webhook/out-http.ts";
import { sendOutbox } from "./webhook/send-outbox.ts";

export interface SenderDeps {
  readonly outbox: OutboxStore;
  readonly feed: FeedStore;
  readonly send: OutSend;
  readonly onProblem: (error: unknown) => void;
}

export interface Sender {
  /** Resolves when what is under way has been recorded. */
  stop(): Promise<void>;
}

/**
 * Feeds the outbox and sends what is in it, beside the engine and apart from it. Any number of
 * processes may do it for the same subscribers.
 */
export function startSender({ targets, makers }: ReadOuts, deps: SenderDeps): Sender {
  if (targets.size === 0) return { stop: () => Promise.resolve() };
  const ending = new AbortController();
  const { outbox, feed, send, onProblem } = deps;
  const done = Promise.all([
    feedOutbox({ store: feed, makers, pace: realPace, onProblem }, ending.signal),
    sendOutbox(
      { store: outbox, send, targets, pace: realPace, onProblem: ({ error }) => onProblem(error) },
      ending.signal,
    ),
  ]);
  return {
    async stop() {
      ending.abort();
      await done;
    },
  };
}
