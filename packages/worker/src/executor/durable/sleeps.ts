import type { Durable } from "./durable.ts";
import { durationMs, misuse, nameIn, optionsOf, told } from "./wait-options.ts";

export async function sleep(durable: Durable, duration: unknown, given?: unknown): Promise<void> {
  const name = nameIn(optionsOf("sleep()", given)) ?? durable.ordinalName("sleep");
  const afterMs = durationMs("sleep", duration);
  if (afterMs === null) throw misuse("sleep() was told no duration", 'write sleep("5m")');
  await durable.wait(name, { kind: "sleep", until: null, afterMs });
}

export async function sleepUntil(durable: Durable, at: unknown, given?: unknown): Promise<void> {
  const name = nameIn(optionsOf("sleepUntil()", given)) ?? durable.ordinalName("sleep");
  const until = at instanceof Date ? at.getTime() : parseInstant(at);
  if (Number.isNaN(until)) {
    throw misuse(
      `sleepUntil(${told(at)}) names no instant`,
      'write an ISO 8601 time with its zone, e.g. "2026-03-01T08:00:00Z", or give a Date',
    );
  }
  await durable.wait(name, { kind: "sleep", until, afterMs: 0 });
}

/** Of a time without a zone nobody knows which instant it is: workers are in different zones. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:?\d{2})$/;
const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

function parseInstant(at: unknown): number {
  if (typeof at !== "string") return Number.NaN;
  return ISO_TIME.test(at) || ISO_DAY.test(at) ? Date.parse(at) : Number.NaN;
}
