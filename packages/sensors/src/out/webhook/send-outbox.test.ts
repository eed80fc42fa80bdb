import type { OutDelivery, DeliveryResult, OutboxStore } from "@millrace/core/internal";
import { describe, expect, test } from "vitest";
import { nextDelivery } from "./decide-delivery.ts";
import type { Lane } from "./delivery.ts";
import type { OutAnswer, OutRequest } from "./out-http.ts";
import { type OutTarget, targetProblems } from "./out-target.ts";
import { type OutProblem, sendOutbox } from "./send-outbox.ts";
import { toOutRequest } from "./to-request.ts";

const OK: OutAnswer = { type: "answered", status: 200, retryAfter: null, body: "" };
const BUSY: OutAnswer = { type: "answered", status: 503, retryAfter: null, body: "" };
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const target: OutTarget = {
  url: "https://crm.example.com/hook",
  secrets: [SECRET],
  headers: {},
  timeoutMs: 20_000,
};

/** The outbox in memory: the twin of the store, on a clock that only pauses move. */
class MemoryOutbox implements OutboxStore {
  now = 0;
  readonly closed = new Set<string>();
  readonly ended: { readonly id: number; readonly type: DeliveryResult["type"] }[] = [];
  #rows: (OutDelivery & { readonly takenUntil: number | null })[] = [];

  put(subscriber: string, ...ids: readonly number[]): void {
    const message = { contentType: "application/json", headers: {}, body: {} };
    const times = { createdAt: this.now, dueAt: this.now, takenAt: 0 };
    const rest = { message, ...times, failures: 0, fence: 0 };
    this.#rows.push(...ids.map((id) => ({ id, subscriber, ...rest, takenUntil: null })));
  }

  takeDue(subscribers: readonly string[], limit: number, leaseMs: number): Promise<OutDelivery[]> {
    const taken = subscribers.flatMap((name) => {
      const next = nextDelivery(this.#lane(name), this.now);
      if (next.type !== "send") return [];
      return [{ ...next.delivery, takenAt: this.now, fence: next.delivery.fence + 1 }];
    });
    const some = taken.slice(0, limit);
    some.forEach((row) => this.#set({ ...row, takenUntil: this.now + leaseMs }));
    return Promise.resolve(some);
  }

  record(
    { id, fence }: Pick<OutDelivery, "id" | "fence">,
    result: DeliveryResult,
  ): Promise<boolean> {
    const row = this.#rows.find((each) => each.id === id && each.fence === fence);
    if (row === undefined) return Promise.resolve(false);
    if (result.type === "retry") {
      this.#set({ ...row, failures: row.failures + 1, dueAt: result.dueAt, takenUntil: null });
      return Promise.resolve(true);
    }
    if (result.type === "gone") this.closed.add(row.subscriber);
    this.#rows = this.#rows.filter((each) => each.id !== id);
    this.ended.push({ id, type: result.type });
    return Promise.resolve(true);
  }

  nextDueInMs(subscribers: readonly string[]): Promise<number | null> {
    const waits = subscribers.flatMap((name) => {
      const next = nextDelivery(this.#lane(name), this.now);
      return next.type === "wait" ? [next.until - this.now] : [];
    });
    return Promise.resolve(waits.length === 0 ? null : Math.min(...waits));
  }

  #lane(name: string): Lane {
    const head = this.#rows.find((row) => row.subscriber === name) ?? null;
    return { isClosed: this.closed.has(name), head, takenUntil: head?.takenUntil ?? null };
  }

  #set(row: OutDelivery & { readonly takenUntil: number | null }): void {
    this.#rows = this.#rows.map((each) => (each.id === row.id ? row : each));
  }
}

interface Trial {
  readonly outbox: MemoryOutbox;
  readonly requests: OutRequest[];
  readonly problems: OutProblem[];
  readonly answer: (request: OutRequest, at: number) => Promise<OutAnswer>;
  readonly until: () => boolean;
  readonly store?: OutboxStore;
  readonly names?: readonly string[];
  /** How far the clock of this machine is behind that of the outbox. */
  readonly behindMs?: number;
}

/** Until there is nothing more to see, or so many looks at the outbox. */
async function play(trial: Trial): Promise<void> {
  const { outbox, requests, answer, problems, until, names = ["crm", "erp"], behindMs = 0 } = trial;
  const ending = new AbortController();
  let looks = 0;
  const pause = async (ms: number): Promise<void> => {
    outbox.now += ms;
    looks += 1;
    if (until() || looks > 2_000) ending.abort();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const targets = new Map(
    names.map((name) => [name, { ...target, url: `https://${name}.example.com/` }]),
  );
  await sendOutbox(
    {
      store: trial.store ?? outbox,
      pace: { pause, random: () => 0.5, now: () => outbox.now - behindMs },
      targets,
      send(request) {
        requests.push(request);
        return answer(request, outbox.now);
      },
      onProblem: (problem) => problems.push(problem),
    },
    ending.signal,
  );
  expect(looks, "it settles").toBeLessThanOrEqual(2_000);
}

const idsOf = (requests: readonly OutRequest[], host: string): readonly (string | undefined)[] =>
  requests.filter(({ url }) => url.includes(host)).map(({ headers }) => headers["webhook-id"]);

describe("the sender", () => {
  test("tries again by the clock of the outbox, whatever that of its machine says", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1);
    const at: number[] = [];
    const answer = (_request: OutRequest, now: number) =>
      Promise.resolve(at.push(now) < 3 ? BUSY : OK);
    const until = () => outbox.ended.length === 1;
    await play({ outbox, requests: [], problems: [], answer, until, behindMs: 3_600_000 });
    // After about 5 s and 30 s, as everywhere.
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThanOrEqual(2_500);
    expect((at[2] ?? 0) - (at[1] ?? 0)).toBeGreaterThanOrEqual(15_000);
  });

  test("delivers to each subscriber in order, also when an attempt fails", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1, 3, 5);
    outbox.put("erp", 2, 4);
    const requests: OutRequest[] = [];
    let failed = 0;
    const answer = ({ headers }: OutRequest) =>
      Promise.resolve(headers["webhook-id"] === "msg_3" && failed++ < 2 ? BUSY : OK);
    await play({ outbox, requests, problems: [], answer, until: () => outbox.ended.length === 5 });
    expect(idsOf(requests, "crm")).toEqual(["msg_1", "msg_3", "msg_3", "msg_3", "msg_5"]);
    expect(idsOf(requests, "erp")).toEqual(["msg_2", "msg_4"]);
    expect(outbox.ended.every(({ type }) => type === "delivered")).toBe(true);
  });

  test("does not let one subscriber that never answers hold another", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1);
    outbox.put("erp", 2, 3, 4);
    let release = (_: OutAnswer): void => {};
    const never = new Promise<OutAnswer>((resolve) => (release = resolve));
    const answer = ({ url }: OutRequest) => (url.includes("crm") ? never : Promise.resolve(OK));
    const until = (): boolean => {
      const others = outbox.ended.length === 3;
      if (others) release(OK);
      return others;
    };
    await play({ outbox, requests: [], problems: [], answer, until });
    expect(outbox.ended.map(({ id }) => id)).toEqual([2, 3, 4, 1]);
  });

  test("gives a message up after its attempts, and goes on with the next", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1, 2);
    const answer = ({ headers }: OutRequest) =>
      Promise.resolve(headers["webhook-id"] === "msg_1" ? BUSY : OK);
    // Its look each second would be long: the clock runs to what is due.
    const store: OutboxStore = {
      takeDue: (...args) => outbox.takeDue(...args),
      record: (...args) => outbox.record(...args),
      async nextDueInMs(names) {
        const ms = await outbox.nextDueInMs(names);
        outbox.now += ms ?? 0;
        return 0;
      },
    };
    const until = (): boolean => outbox.ended.length === 2;
    await play({ outbox, requests: [], problems: [], answer, until, store });
    expect(outbox.ended).toEqual([
      { id: 1, type: "dead" },
      { id: 2, type: "delivered" },
    ]);
  });

  test("sends nothing more to a receiver that is gone", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1, 2);
    const requests: OutRequest[] = [];
    const answer = () => Promise.resolve({ ...OK, status: 410 });
    let looks = 0;
    await play({ outbox, requests, problems: [], answer, until: () => ++looks > 5 });
    expect(idsOf(requests, "crm")).toEqual(["msg_1"]);
    expect(outbox.closed).toEqual(new Set(["crm"]));
  });

  test("sends again what it could not record, under the same id", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1);
    const problems: OutProblem[] = [];
    const requests: OutRequest[] = [];
    let broken = true;
    const store: OutboxStore = {
      takeDue: (...args) => outbox.takeDue(...args),
      nextDueInMs: (names) => outbox.nextDueInMs(names),
      record(...args) {
        if (!broken) return outbox.record(...args);
        broken = false;
        return Promise.reject(new Error("the connection broke"));
      },
    };
    const until = (): boolean => outbox.ended.length === 1;
    await play({ outbox, requests, problems, answer: () => Promise.resolve(OK), until, store });
    expect(idsOf(requests, "crm")).toEqual(["msg_1", "msg_1"]);
    expect(problems.map(({ doing }) => doing)).toEqual(["record"]);
  });

  test("backs off and goes on when the store cannot be reached", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1);
    const problems: OutProblem[] = [];
    const store: OutboxStore = {
      takeDue: (...args) =>
        problems.length < 3 ? Promise.reject(new Error("gone")) : outbox.takeDue(...args),
      record: (...args) => outbox.record(...args),
      nextDueInMs: (names) => outbox.nextDueInMs(names),
    };
    const until = (): boolean => outbox.ended.length === 1;
    await play({ outbox, requests: [], problems, answer: () => Promise.resolve(OK), until, store });
    expect(problems.map(({ doing }) => doing)).toEqual(["take", "take", "take"]);
  });

  test("has what is under way recorded before it ends", async () => {
    const outbox = new MemoryOutbox();
    outbox.put("crm", 1);
    const answer = async (): Promise<OutAnswer> => {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      return OK;
    };
    await play({ outbox, requests: [], problems: [], answer, until: () => true });
    expect(outbox.ended).toEqual([{ id: 1, type: "delivered" }]);
  });
});

test("what is sent is signed over its very bytes, and nobody replaces the signature", () => {
  const delivery: OutDelivery = {
    id: 9,
    subscriber: "crm",
    message: {
      contentType: "application/json",
      headers: { "webhook-id": "evil", "ce-id": "update_1" },
      body: { a: "ü" },
    },
    createdAt: 0,
    failures: 0,
    dueAt: 0,
    takenAt: 0,
    fence: 1,
  };
  const request = toOutRequest(
    delivery,
    { ...target, headers: { authorization: "Bearer x", "webhook-timestamp": "0" } },
    61_000,
  );
  expect(request).toMatchObject({ method: "POST", url: target.url, body: '{"a":"ü"}' });
  expect(request.headers).toMatchObject({
    authorization: "Bearer x",
    "ce-id": "update_1",
    "content-type": "application/json",
    "webhook-id": "msg_9",
    "webhook-timestamp": "61",
  });
});

test.each([
  [{ url: "ftp://a" }, "http or https"],
  [{ url: "no url" }, "http or https"],
  [{ url: "https://me:pw@a/" }, "credentials"],
  [{ secrets: ["short"] }, "secret 1"],
  [{ timeoutMs: 10 }, "timeout is 10 ms"],
])("a target like %j is refused with a reason", (change, words) => {
  expect(targetProblems("crm", target)).toEqual([]);
  const problems = targetProblems("crm", { ...target, ...change });
  expect(problems).toEqual([expect.stringContaining(words)]);
  expect(problems.join(" ")).not.toContain("pw@");
});
