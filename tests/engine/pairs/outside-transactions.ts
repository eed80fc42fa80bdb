import { declareSubscribers, feedStore, outboxStore } from "@millrace/postgres";
import { suspended } from "../waiting-room.ts";
import { itemOf, SAID } from "./story-items.ts";
import { checkAt, CRM, LEASE_MS, objectOf, toMessages } from "./story-outside.ts";
import type { Transaction } from "./transaction.ts";
import { TRANSACTIONS } from "./transactions.ts";

/** Waits for what outside systems say. */
const checks: readonly Transaction[] = [
  { name: "take checks", act: (store) => store.takeChecks(10, LEASE_MS) },
  {
    name: "record an answer",
    act: (store, { asked }) => {
      const answer = { state: "done", value: 1 } as const;
      const results = asked.checks.map(
        ({ stepId }) => ({ type: "answer", stepId, answer }) as const,
      );
      return store.recordChecks(asked, results, 1_000);
    },
  },
  {
    name: "leave a target alone",
    act: (store, { asked }) => store.recordUnasked(asked, "it is down", 1_000),
  },
  { name: "cancel who asks", act: (store, { sensing }) => store.cancelRun(sensing, SAID) },
  {
    name: "finish: suspended by a check",
    act: (store, { speaking }) =>
      store.finish([itemOf(speaking, suspended({ name: "look", wait: checkAt("asked") }))]),
  },
];

const another = { key: "raw/2026-01-01/b" } as const;

/** Partitions of several objects: one that waits for its second, and one that was told of. */
const partitions: readonly Transaction[] = [
  {
    name: "count an object",
    act: (store) => store.recordObjects([objectOf("raw", "2026-01-01", another)]),
  },
  {
    name: "remove the last object",
    act: (store) =>
      store.recordObjects([
        objectOf("raw", "2026-01-01", { version: 2, kind: "removed", etag: null, bytes: null }),
      ]),
  },
  {
    name: "count objects of partitions",
    act: (store) =>
      store.recordObjects([
        objectOf("calm", "2026-01-01", { key: "calm/2026-01-01/b" }),
        objectOf("raw", "2026-01-03", { version: 2 }),
        objectOf("raw", "2026-01-01", { key: "raw/2026-01-01/c" }),
      ]),
  },
  {
    name: "forget partitions",
    act: (store) => store.prune("partition", { historyMs: 0, keysMs: 60_000 }, 100),
  },
];

/** Who is told outside, and of what. */
const outbox: readonly Transaction[] = [
  {
    name: "declare subscribers",
    act: (_, __, database) => declareSubscribers(database, "story", []),
  },
  {
    name: "feed the outbox",
    act: (_, __, database) => feedStore(database).feed(CRM, 3, toMessages),
  },
  {
    name: "take from the outbox",
    act: (_, __, database) => outboxStore(database).takeDue([CRM], 10, LEASE_MS),
  },
  {
    name: "record a delivery",
    act: (_, { sending }, database) =>
      outboxStore(database).record(sending, { type: "delivered", status: 200 }),
  },
  {
    name: "record that nobody wants more",
    act: (_, { sending }, database) =>
      outboxStore(database).record(sending, { type: "gone", reason: "410" }),
  },
];

const named = (...names: readonly string[]): readonly Transaction[] =>
  TRANSACTIONS.filter(({ name }) => names.includes(name));

/** With each of them, those of the engine that can touch the same rows. */
export const OUTSIDE: readonly {
  readonly own: readonly Transaction[];
  readonly others: readonly Transaction[];
  /** Held at every statement, with those of its own kind only. */
  readonly everywhere?: readonly Transaction[];
}[] = [
  { own: checks, others: named("evaluate", "fire timers") },
  {
    own: partitions,
    others: named("register", "fire timers", "record objects"),
    everywhere: partitions.slice(1, 2),
  },
  { own: outbox, others: named("evaluate") },
];
