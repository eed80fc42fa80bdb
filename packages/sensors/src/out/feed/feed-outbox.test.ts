import type { FeedStore, MakeMessages, OutgoingFact } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { feedOutbox } from "./feed-outbox.ts";

const fact = (id: number): OutgoingFact => ({
  ...{ kind: "dead_letter", id, at: "2026-11-21T02:00:00.000Z", source: "sqs:in", reason: "x" },
});
const message = { contentType: "application/json", headers: {}, body: null };

/** One subscriber with facts, as the store has it. */
function storeOf(facts: readonly OutgoingFact[]): FeedStore & { readonly made: string[] } {
  const made: string[] = [];
  let left = facts;
  return {
    made,
    listUnfed: () => Promise.resolve(left.length === 0 ? [] : ["crm"]),
    feed(_name, _limit, make) {
      made.push(...left.flatMap(make).map(({ key }) => key));
      const count = left.length;
      left = [];
      return Promise.resolve(count);
    },
  };
}

test("a fact of which no message can be made is told of, and holds up no other", async () => {
  const store = storeOf([fact(1), fact(2), fact(3)]);
  const problems: unknown[] = [];
  const ending = new AbortController();
  const make: MakeMessages = ({ id }) => {
    if (id === 2) throw new TypeError("lastUpdate is undefined");
    return [{ key: `letter_${id}`, message }];
  };
  await feedOutbox(
    {
      store,
      pace: {
        now: () => 0,
        random: () => 0.5,
        pause: () => Promise.resolve(ending.abort()),
      },
      makers: new Map([["crm", make]]),
      onProblem: (error) => problems.push(error),
    },
    ending.signal,
  );
  expect(store.made).toEqual(["letter_1", "letter_3"]);
  expect(problems.map(String)).toEqual([
    "Error: no message can be made of dead_letter_2; nobody is told of it",
  ]);
});
