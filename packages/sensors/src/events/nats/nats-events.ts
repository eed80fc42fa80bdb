import type { Consumer, ConsumerMessages, JsMsg } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { EventHold, EventMessage, EventSource } from "../event-source.ts";

export interface NatsEventsOptions {
  readonly nats: NatsConnection;
  readonly reader: Consumer;
  readonly batchMax: number;
  readonly idHeader: string | null;
  readonly holdEveryMs: number;
}

/** A message with the delivery that acknowledges it. */
interface NatsMessage extends EventMessage {
  readonly delivery: JsMsg;
}

/** One request to the server stands for so long; then nothing came. */
const EXPIRES_MS = 10_000;
/**
 * What is given back comes again after so long. At once would be too soon: a server that has not
 * yet seen the end of a request gives it to that request again, which nobody hears.
 */
const GIVE_BACK_MS = 1_000;
const FLUSH_MS_MAX = 5_000;

/**
 * {@link EventSource} on a pull consumer of JetStream. A request asks for a batch; what is there is
 * handed out at once, and what comes for the rest of the request waits here until it is wanted.
 */
export class NatsEvents implements EventSource<NatsMessage> {
  readonly #options: NatsEventsOptions;
  readonly #waiting: NatsMessage[] = [];
  #inHand: readonly NatsMessage[] = [];
  #request: ConsumerMessages | null = null;
  /** Resolves when something has arrived, the request is over or the connection is lost. */
  #news: PromiseWithResolvers<void> = Promise.withResolvers();
  #failure: Error | null = null;
  /** Who waits for the server is told when it is gone. */
  readonly #flushing = new Set<(error: Error) => void>();
  readonly hold: EventHold<NatsMessage>;

  constructor(options: NatsEventsOptions) {
    this.#options = options;
    this.hold = { everyMs: options.holdEveryMs, extend: () => this.#extend() };
    void options.nats.closed().then((error) => {
      this.#failed(error instanceof Error ? error : new Error("The connection was closed."));
    });
  }

  async receive(signal: AbortSignal): Promise<readonly NatsMessage[]> {
    giveBack(this.#inHand);
    this.#inHand = [];
    if (this.#waiting.length === 0) await this.#ask(signal);
    this.#inHand = this.#waiting.splice(0);
    return this.#inHand;
  }

  async acknowledge(messages: readonly NatsMessage[]): Promise<void> {
    for (const { delivery } of messages) delivery.ack();
    const done = new Set(messages);
    this.#inHand = this.#inHand.filter((message) => !done.has(message));
    await this.#flush();
  }

  async close(): Promise<void> {
    const { nats } = this.#options;
    // While a request stands, what is given back would come for it.
    await this.#request?.close();
    giveBack([...this.#inHand, ...this.#waiting]);
    this.#inHand = [];
    await this.#flush().catch(() => undefined);
    await nats.close();
  }

  /** Also of what waits here: it was handed out as well. */
  async #extend(): Promise<void> {
    for (const { delivery } of [...this.#inHand, ...this.#waiting]) delivery.working();
    await this.#flush();
  }

  /** Resolves when there is something, or when a request brought nothing. */
  async #ask(signal: AbortSignal): Promise<void> {
    this.#assertWell();
    this.#news = Promise.withResolvers();
    const abort = (): void => this.#news.resolve();
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (this.#request === null) await this.#start();
      await this.#news.promise;
    } finally {
      signal.removeEventListener("abort", abort);
    }
    this.#assertWell();
    if (signal.aborted) throw new Error("It was told to stop.");
  }

  #assertWell(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async #start(): Promise<void> {
    const { reader, batchMax } = this.#options;
    const request = await reader.fetch({ max_messages: batchMax, expires: EXPIRES_MS });
    this.#request = request;
    void this.#gather(request);
  }

  async #gather(request: ConsumerMessages): Promise<void> {
    try {
      for await (const delivery of request) {
        this.#waiting.push(toMessage(delivery, this.#options.idHeader));
        this.#news.resolve();
      }
      this.#request = null;
      this.#news.resolve();
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error("The request failed."));
    }
  }

  /** One failure ends it: it is closed then, and opened anew. */
  #failed(error: Error): void {
    this.#failure ??= error;
    this.#news.resolve();
    for (const lose of this.#flushing) lose(error);
  }

  /** Resolves when the server has got all that was said to it. */
  async #flush(): Promise<void> {
    this.#assertWell();
    const lost = Promise.withResolvers<never>();
    const late = new Error("The server did not answer in time.");
    const timer = setTimeout(() => lost.reject(late), FLUSH_MS_MAX);
    this.#flushing.add(lost.reject);
    try {
      await Promise.race([this.#options.nats.flush(), lost.promise]);
    } finally {
      clearTimeout(timer);
      this.#flushing.delete(lost.reject);
    }
  }
}

function giveBack(messages: readonly NatsMessage[]): void {
  for (const { delivery } of messages) {
    try {
      delivery.nak(GIVE_BACK_MS);
    } catch {
      // The connection is gone: they come again when the server has waited for long enough.
      return;
    }
  }
}

/**
 * Its place in the stream alone would not do: a stream that was made anew counts from the beginning.
 */
function toMessage(delivery: JsMsg, idHeader: string | null): NatsMessage {
  const { info, headers } = delivery;
  const said = idHeader === null ? "" : (headers?.get(idHeader) ?? "");
  const place = `${info.stream}:${info.streamSequence}:${delivery.timestampNanos}`;
  return {
    id: said === "" ? place : `id:${said}`,
    body: delivery.data,
    headers: Object.fromEntries(
      (headers?.keys() ?? []).map((name) => [name, headers?.get(name) ?? ""]),
    ),
    at: Number(delivery.timestampNanos / 1_000_000n),
    deliveries: info.deliveryCount,
    delivery,
  };
}
