import { type Afterwards, type JsonValue, MillraceError } from "@millrace/core/internal";
import type { Client } from "../../sim/plan.ts";
import type { Call, Ledger } from "../ledger.ts";

/** What a person asks for, and how it is written down. */
export interface Asked<T> {
  readonly kind: Call["kind"];
  readonly mark: number;
  readonly detail: JsonValue;
  readonly by: () => Promise<T & Partial<Afterwards>>;
  /** What the answer said, for the ledger. */
  readonly note?: (answer: T) => JsonValue;
}

/**
 * Asks the store for something, and writes down what was asked before, and what the answer was
 * after. A refusal is an answer like any other.
 */
export async function ask<T>(
  ledger: Ledger,
  client: Client,
  { kind, mark, detail, by, note }: Asked<T>,
): Promise<T | null> {
  const call = ledger.ask(kind, mark, detail);
  try {
    const answer = await by();
    call.answer = { returned: note?.(answer) ?? null };
    const { bells = [], facts = [], timerAt = null, ended = [] } = answer;
    client.follow({ bells, facts, timerAt, ended });
    return answer;
  } catch (error) {
    call.answer = { threw: MillraceError.is(error) ? error.code : String(error) };
    client.count(`told ${MillraceError.is(error) ? error.code : "an error"}`);
    return null;
  }
}

const LOOK_MS = 200;
const LOOKS_MAX = 600;

/** Waits for the first deployment, without which there is nothing to tell. */
export async function registered(ledger: Ledger, client: Client): Promise<boolean> {
  for (let look = 0; ledger.registeredAt === null && look < LOOKS_MAX; look++) {
    await client.sleep(LOOK_MS);
  }
  return ledger.registeredAt !== null;
}

const TRIES_MAX = 100;
const AGAIN_MS = 500;

/** Asks until it is done: what has to happen in the end, people try again. */
export async function insist(client: Client, once: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES_MAX; attempt++) {
    if (await once()) return true;
    await client.sleep(AGAIN_MS);
  }
  return false;
}
