import { expect, test } from "vitest";
import { ackWaitMsOf, type ConsumerFacts, consumerProblem } from "./check-consumer.ts";
import type { NatsReading } from "./nats-source.ts";

const READING: NatsReading = {
  name: "bus",
  access: { servers: "nats://bus:4222" },
  stream: "ORDERS",
  consumer: "millrace",
  subject: "orders.placed",
  ackWaitMs: 30_000,
  batchMax: 100,
  idHeader: null,
  deliveriesMax: 20,
};
const FIT: ConsumerFacts = { ack_policy: "explicit", filter_subject: "orders.placed" };

test.each<[string, Partial<ConsumerFacts>, string | null]>([
  ["as the source makes it", { max_deliver: -1 }, null],
  ["with several filters that are the one", { filter_subjects: ["orders.placed"] }, null],
  ["that gives up late enough", { max_deliver: 21 }, null],
  ["that gives up before the source", { max_deliver: 20 }, "after 20 deliveries"],
  ["that acknowledges nothing", { ack_policy: "none" }, "the acknowledgement policy none"],
  ["that acknowledges all before", { ack_policy: "all" }, "the acknowledgement policy all"],
  ["that pushes", { deliver_subject: "x" }, "pushes its messages"],
  ["for another subject", { filter_subject: "orders.>" }, "is for orders.>, and the source for"],
  ["for all subjects", { filter_subject: "" }, "is for all subjects, and the source for"],
])("a consumer %s: %o is told apart", (_what, change, problem) => {
  const found = consumerProblem({ ...FIT, ...change }, READING);
  expect(found).toEqual(problem === null ? null : expect.stringContaining(problem));
});

test("without a subject of its own, a source takes what its consumer has", () => {
  expect(
    consumerProblem({ ...FIT, filter_subject: "x" }, { ...READING, subject: null }),
  ).toBeNull();
});

test.each<[Partial<ConsumerFacts>, number]>([
  [{}, 30_000],
  [{ ack_wait: 5_000_000_000 }, 5_000],
  [{ ack_wait: 30_000_000_000, backoff: [1_000_000_000, 60_000_000_000] }, 1_000],
])("the server waits for an acknowledgement of %o for %d ms", (change, ms) => {
  expect(ackWaitMsOf({ ...FIT, ...change }, 30_000)).toBe(ms);
});
