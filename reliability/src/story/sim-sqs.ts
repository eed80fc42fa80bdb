import type { MessageQueue, QueueMessage } from "@millrace/sensors/internal";
import type { Outside } from "../sim/plan.ts";
import type { Draw } from "./chance.ts";

interface Kept {
  readonly id: number;
  readonly body: string;
  visibleAt: number;
  removed: boolean;
}

const VISIBILITY_MS = 6_000;
const WAIT_MS = 900;
const BATCH_MAX = 4;

/**
 * A queue as SQS promises one: at least once, in no order. A message that was received is hidden
 * for a while, sometimes not even that, and comes again until it is removed.
 */
export class SimSqs {
  readonly #draw: Draw;
  readonly #messages: Kept[] = [];

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  get waiting(): number {
    return this.#messages.filter(({ removed }) => !removed).length;
  }

  send(body: string, now: number): void {
    const delayMs = this.#draw.happens(0.3) ? this.#draw.int(0, 4_000) : 0;
    this.#messages.push({
      id: this.#messages.length + 1,
      body,
      visibleAt: now + delayMs,
      removed: false,
    });
  }

  /** The queue as one process sees it. */
  seenBy(outside: Outside): MessageQueue {
    return {
      receive: async () => {
        await outside.sleep(this.#hasVisible(outside.now()) ? 20 : WAIT_MS);
        return this.#receive(outside);
      },
      remove: async (messages) => {
        await outside.sleep(10);
        const receipts = new Set(messages.map(({ receipt }) => receipt));
        for (const kept of this.#messages) {
          if (receipts.has(String(kept.id))) kept.removed = true;
        }
        return [];
      },
    };
  }

  #hasVisible(now: number): boolean {
    return this.#messages.some((each) => !each.removed && each.visibleAt <= now);
  }

  #receive({ now, count }: Outside): readonly QueueMessage[] {
    const visible = this.#messages.filter((each) => !each.removed && each.visibleAt <= now());
    return this.#draw.take(visible, BATCH_MAX).map((kept) => {
      const isDoubled = this.#draw.happens(0.1);
      if (isDoubled) count("messageDoubled");
      else kept.visibleAt = now() + VISIBILITY_MS;
      const id = String(kept.id);
      return { body: kept.body, id, receipt: id };
    });
  }
}
