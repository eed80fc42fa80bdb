import type { OutSubscription } from "@millrace/core/internal";
import { sql } from "kysely";
import type { Tx } from "../transact.ts";

/** Who is told of facts, as far as the database knows. */
export interface KnownSubscriber {
  readonly name: string;
  readonly subscription: OutSubscription;
}

/** Keeps the subscribers of the newest registry version that this process has seen. */
export class SubscriberCache {
  #version: number | null = null;
  #known: readonly KnownSubscriber[] = [];

  /** Call under the registry lock: where nobody is told of anything, it costs nothing. */
  async load(tx: Tx, registryVersion: number): Promise<readonly KnownSubscriber[]> {
    if (this.#version === registryVersion) return this.#known;
    const { rows } = await sql<KnownSubscriber>`
      select name, subscription from millrace.out_subscriber
      where subscription is not null order by name`.execute(tx);
    this.#known = rows;
    this.#version = registryVersion;
    return rows;
  }
}
