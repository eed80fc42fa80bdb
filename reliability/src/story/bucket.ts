import { s3EventJson } from "@millrace/testing/s3-event-json";
import type { Draw } from "./chance.ts";
import type { SimSqs } from "./sim-sqs.ts";

/** An object as it is in its bucket now, or was when it was removed. */
export interface BucketObject {
  readonly key: string;
  /** Null: it was removed. */
  readonly etag: string | null;
  readonly sequencer: string;
  readonly at: number;
  /** The event of this, its newest change, reached the queue. */
  readonly isTold: boolean;
}

/**
 * A bucket that tells a queue of its changes. It is outside of the simulated processes: what it
 * holds is the truth that the engine has to arrive at.
 */
export class Bucket {
  readonly name: string;
  readonly #queue: SimSqs;
  readonly #objects = new Map<string, BucketObject>();
  #sequence = 0;

  constructor(name: string, queue: SimSqs) {
    this.name = name;
    this.#queue = queue;
  }

  get objects(): readonly BucketObject[] {
    return [...this.#objects.values()];
  }

  write(key: string, at: number, isTold: boolean): void {
    this.#change(key, `etag${this.#sequence + 1}`, at, isTold);
  }

  /** A removal is always told: no listing would show it. */
  remove(key: string, at: number): void {
    if ((this.#objects.get(key)?.etag ?? null) === null) return;
    this.#change(key, null, at, true);
  }

  #change(key: string, etag: string | null, at: number, isTold: boolean): void {
    this.#sequence += 1;
    // Of different lengths, as S3 makes them.
    const digits = this.#sequence.toString(16).toUpperCase().padStart(6, "0");
    const sequencer = this.#sequence % 2 === 0 ? digits : `${digits}7F`;
    this.#objects.set(key, { key, etag, sequencer, at, isTold });
    if (!isTold) return;
    const body = s3EventJson({
      event: etag === null ? "ObjectRemoved:Delete" : "ObjectCreated:Put",
      bucket: this.name,
      key,
      content: etag === null ? null : { etag, bytes: 7 },
      sequencer,
      at,
    });
    this.#queue.send(body, at);
  }
}

/** A name of one of a few objects, so that they are written more than once. */
export function objectKey(draw: Draw, bucket: string): string {
  const letter = draw.pick(["a", "b", "c", "d"]);
  return bucket === "lake" ? `files/${letter}.csv` : `in/${letter}.eml`;
}
