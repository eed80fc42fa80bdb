import { MillraceError } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import type { IntakeMessage } from "../http/intake-port.ts";
import { eventSource } from "./define-event-source.ts";
import type { EventMessage } from "./event-source.ts";
import { EventTaker } from "./take-events.ts";

const NOW = Date.UTC(2026, 10, 22);
const SOURCE = eventSource({
  name: "bus",
  type: "kafka",
  place: "a test",
  open: () => Promise.reject(new Error("never")),
  deliveriesMax: 3,
  becomes: { type: "event", name: "done" },
});

/** A taker whose store fails as `fail` says, by what it is asked to record. */
function setUp(fail: (bodies: readonly string[]) => Error | null = () => null) {
  const recorded: string[][] = [];
  const problems: string[] = [];
  const taker = new EventTaker(SOURCE, {
    record(messages) {
      const bodies = messages.map(({ letter }) => letter.body);
      const error = messages.some(({ type }) => type === "deadLetter") ? null : fail(bodies);
      if (error !== null) return Promise.reject(error);
      recorded.push(messages.map(said));
      const letters = messages.filter(({ type }) => type === "deadLetter").length;
      return Promise.resolve({ facts: messages.length - letters, letters });
    },
    report: (message, error) => problems.push(`${message} ${(error as Error).message}`),
  });
  return { taker, recorded, problems };
}

function said(message: IntakeMessage): string {
  return message.type === "deadLetter" ? `† ${message.letter.reason}` : message.letter.body;
}

function messages(...bodies: readonly string[]): readonly EventMessage[] {
  return bodies.map((body) => ({ id: `id-${body}`, body }));
}

const idsOf = (done: readonly EventMessage[]): readonly string[] => done.map(({ id }) => id);
const odd = new Error("odd");
const failOn =
  (body: string) =>
  (bodies: readonly string[]): Error | null =>
    bodies.includes(body) ? odd : null;

test("messages are recorded together, and counted", async () => {
  const { taker, recorded } = setUp();
  const batch = [
    { id: "a", body: "1", at: NOW - 5 },
    { id: "b", body: "{", at: NOW - 9 },
  ];
  const taken = await taker.take(batch, NOW);
  expect(taken).toMatchObject({ done: batch, recorded: 1, buried: 1, oldestAt: NOW - 9 });
  expect(recorded).toHaveLength(1);
});

describe("what cannot be recorded", () => {
  test("is left to come again, and the others are done", async () => {
    const { taker, problems } = setUp(failOn("3"));
    const taken = await taker.take(messages("1", "2", "3", "4", "5"), NOW);
    expect(idsOf(taken.done)).toEqual(["id-1", "id-2", "id-4", "id-5"]);
    expect(problems).toEqual(["A message could not be recorded; it will come again. odd"]);
  });

  test("is a dead letter when it has failed as often as it may", async () => {
    const { taker, recorded } = setUp(failOn("3"));
    await taker.take(messages("3"), NOW);
    await taker.take(messages("3"), NOW);
    expect(recorded).toEqual([]);
    const taken = await taker.take(messages("3"), NOW);
    expect(taken).toMatchObject({ buried: 1, done: [{ id: "id-3" }] });
    expect(recorded).toEqual([["† it could not be recorded in 3 deliveries: odd"]]);
  });

  test("begins anew once it has been recorded", async () => {
    let isOdd = true;
    const { taker } = setUp(() => (isOdd ? odd : null));
    await taker.take(messages("3"), NOW);
    await taker.take(messages("3"), NOW);
    isOdd = false;
    await taker.take(messages("3"), NOW);
    isOdd = true;
    expect((await taker.take(messages("3"), NOW)).done).toEqual([]);
  });

  test("counts the deliveries of the source, too, which outlive this process", async () => {
    const { taker, recorded } = setUp(failOn("3"));
    const [message = { id: "", body: "" }] = messages("3");
    await taker.take([{ ...message, deliveries: 3 }], NOW);
    expect(recorded[0]?.[0]).toContain("in 3 deliveries");
  });

  test("while the store is away is nobody's failure, and nothing is done", async () => {
    const away = new MillraceError("STORE_UNAVAILABLE", { operation: "record" }, "away");
    let isAway = true;
    const { taker, recorded } = setUp(() => (isAway ? away : odd));
    for (let times = 0; times < 5; times += 1)
      await expect(taker.take(messages("1", "2"), NOW)).rejects.toThrow("away");
    isAway = false;
    expect((await taker.take(messages("1", "2"), NOW)).done).toEqual([]);
    expect(recorded).toEqual([]);
  });
});

test("one that was handed out too often is not tried any more", async () => {
  const { taker, recorded } = setUp();
  await taker.take([{ id: "a", body: "1", deliveries: 4 }], NOW);
  expect(recorded).toEqual([["† it was handed out 4 times and never acknowledged"]]);
});
