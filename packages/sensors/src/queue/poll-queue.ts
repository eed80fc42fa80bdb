import type { ObjectIntake } from "../intake/object-intake.ts";
import type { RunningSource } from "../source/running-source.ts";
import { backoffMs, type Pace } from "../source/pause.ts";
import type { MessageQueue, QueueMessage } from "./message-queue.ts";
import { takeMessages } from "./take-messages.ts";

/**
 * Takes messages until it is stopped. A message leaves the queue only after its updates are
 * committed; what fails is reported, waited out and received again.
 */
export function pollQueue(queue: MessageQueue, intake: ObjectIntake, pace: Pace): RunningSource {
  const stopping = new AbortController();
  const { signal } = stopping;
  const ended = run();
  return {
    stop() {
      stopping.abort();
      return ended;
    },
  };

  async function run(): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      const messages = await receive();
      failures = messages !== null && (await take(messages)) ? 0 : failures + 1;
      if (failures > 0 && !signal.aborted)
        await pace.pause(backoffMs(failures, pace.random()), signal);
    }
  }

  async function receive(): Promise<readonly QueueMessage[] | null> {
    try {
      return await queue.receive(signal);
    } catch (error) {
      if (!signal.aborted) intake.report("The queue could not be read; it is tried again.", error);
      return null;
    }
  }

  /** @returns Whether all went well. */
  async function take(messages: readonly QueueMessage[]): Promise<boolean> {
    try {
      const done = await takeMessages(messages, intake);
      const kept = done.length === 0 ? [] : await queue.remove(done);
      for (const reason of kept)
        intake.report(`A message could not be removed and will come again: ${reason}.`);
      return done.length === messages.length;
    } catch (error) {
      intake.report("Messages could not be recorded or removed; they will come again.", error);
      return false;
    }
  }
}
