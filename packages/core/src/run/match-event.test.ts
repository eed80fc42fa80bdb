import { expect, test } from "vitest";
import type { EventWait } from "./journal.ts";
import { answersWait, type EventCandidate, type EventWaiter } from "./match-event.ts";

const waiter: EventWaiter = { namespace: "support", runCreatedAt: 1_000, since: 2_000 };
const event: EventCandidate = {
  id: 1,
  name: "ticket.opened",
  data: { id: 4 },
  source: { type: "api", key: "k" },
  at: 1_500,
  namespace: null,
};
const exact: EventWait = { name: "ticket.opened", isPattern: false, where: null };
const where = { path: ["data", "id"], op: "eq", value: 4 } as const;
const none = { path: ["data", "id"], op: "eq", value: 5 } as const;

const CASES: readonly (readonly [
  string,
  Partial<EventCandidate>,
  { readonly of?: readonly EventWait[]; readonly lookBackMs?: number },
  boolean,
])[] = [
  ["by its name", {}, {}, true],
  ["not by another name", { name: "ticket.closed" }, {}, false],
  ["by a pattern", {}, { of: [{ ...exact, name: "ticket.*", isPattern: true }] }, true],
  ["not by a name that looks like a pattern", {}, { of: [{ ...exact, name: "ticket.*" }] }, false],
  ["by one of several", {}, { of: [{ ...exact, name: "other" }, exact] }, true],
  ["by its filter", {}, { of: [{ ...exact, where }] }, true],
  ["not against its filter", {}, { of: [{ ...exact, where: none }] }, false],
  ["by default since the run was created", { at: 1_000 }, {}, true],
  ["by default not from before the run", { at: 999 }, {}, false],
  ["as far back as was asked", { at: 1_900 }, { lookBackMs: 100 }, true],
  ["no further back", { at: 1_899 }, { lookBackMs: 100 }, false],
  ["beyond the run's start, when asked", { at: 500 }, { lookBackMs: 1_500 }, true],
  ["in its namespace", { namespace: "support" }, {}, true],
  ["not in another namespace", { namespace: "sales" }, {}, false],
];

test.each(CASES)("an event answers a wait %s", (_, part, { of = [exact], lookBackMs }, answers) => {
  const wait = { kind: "event", of, lookBackMs: lookBackMs ?? null, timeoutMs: null } as const;
  expect(answersWait(wait, waiter, { ...event, ...part })).toBe(answers);
});
