import fc from "fast-check";
import { expect, test } from "vitest";
import {
  eventCloudEvent,
  type OutCause,
  runEndCloudEvent,
  updateCloudEvent,
} from "./cloud-event.ts";
import { toBinaryEvent } from "../../http/cloudevents/binary-event.ts";
import { toCloudEvent } from "../../http/cloudevents/cloud-event.ts";
import { headerValue, toBatch, toBinary, toStructured } from "./http-binding.ts";

const cause: OutCause = {
  base: "https://flow.example.com/",
  at: "2026-11-21T02:00:07.412Z",
  correlationId: "event_1",
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  runId: 12,
};
const update = updateCloudEvent(cause, {
  id: 7,
  dataset: "sales/orders",
  kind: "changed",
  partition: { date: "2026-11-20", region: "eu" },
  uri: "s3://lake/orders/2026-11-20.csv",
  metadata: { rows: 18_234 },
  task: "load",
});

test("an update says where from, what and which partition, and what run made it", () => {
  expect(update).toEqual({
    specversion: "1.0",
    id: "update_7",
    source: "https://flow.example.com/datasets/sales/orders",
    type: "dev.millrace.dataset.updated.v1",
    subject: "s3://lake/orders/2026-11-20.csv",
    time: cause.at,
    datacontenttype: "application/json",
    correlationid: "event_1",
    causationid: "run_12",
    traceparent: cause.traceparent,
    partitionkey: "date=2026-11-20,region=eu",
    data: {
      dataset: "sales/orders",
      partition: { date: "2026-11-20", region: "eu" },
      uri: "s3://lake/orders/2026-11-20.csv",
      metadata: { rows: 18_234 },
      task: "load",
      run: "run_12",
    },
  });
});

test("what came from outside has no cause in Millrace", () => {
  const outside = { ...cause, runId: null, traceparent: null };
  const event = eventCloudEvent(outside, { id: 3, name: "ticket.resolved", data: { n: 1 } });
  expect(event).toMatchObject({ id: "event_3", type: "ticket.resolved", data: { n: 1 } });
  expect(event).not.toHaveProperty("causationid");
  expect(event).not.toHaveProperty("traceparent");
  expect(event).not.toHaveProperty("partitionkey");
});

test("a removal has a type of its own, so that nobody takes it for an update", () => {
  const removed = { id: 8, dataset: "a/b", kind: "removed", partition: {}, uri: null } as const;
  const event = updateCloudEvent(cause, { ...removed, metadata: null, task: null });
  expect(event).toMatchObject({ type: "dev.millrace.dataset.removed.v1", subject: "a/b" });
});

test.each(["succeeded", "failed", "cancelled"] as const)(
  "a run that %s is told as such",
  (state) => {
    const end = { id: 12, pipeline: "sales/etl", state, reason: null, partition: {}, trigger: "t" };
    const event = runEndCloudEvent(cause, end);
    expect(event.type).toBe(`dev.millrace.pipeline.run.${state}.v1`);
    expect(event.subject).toBe("run_12");
    expect(event, "a run is not its own cause").not.toHaveProperty("causationid");
  },
);

test("attributes are named as CloudEvents allows: lower-case letters and digits, 20 at most", () => {
  for (const name of Object.keys(update)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
});

test("the structured form is the event itself", () => {
  const { headers, body } = toStructured(update);
  expect(headers["content-type"]).toBe("application/cloudevents+json; charset=utf-8");
  expect(JSON.parse(body)).toEqual(update);
});

test("a batch is a list of events", () => {
  const { headers, body } = toBatch([update, update]);
  expect(headers["content-type"]).toBe("application/cloudevents-batch+json; charset=utf-8");
  expect(JSON.parse(body)).toEqual([update, update]);
});

test("the binary form has the attributes as headers and the data as its body", () => {
  const { headers, body } = toBinary(update);
  expect(headers).toMatchObject({
    "content-type": "application/json",
    "ce-specversion": "1.0",
    "ce-id": "update_7",
    "ce-partitionkey": "date=2026-11-20,region=eu",
  });
  expect(headers).not.toHaveProperty("ce-data");
  expect(headers).not.toHaveProperty("ce-datacontenttype");
  expect(JSON.parse(body)).toEqual(update.data);
});

test.each([
  // The example of the HTTP binding, section 3.1.3.2.
  ["Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"],
  ['a"b%c', "a%22b%25c"],
  ["plain/+~", "plain/+~"],
  ["a\r\nx-evil: 1", "a%0D%0Ax-evil:%201"],
])("%j is written in a header as %j", (text, expected) => {
  expect(headerValue(text)).toBe(expected);
});

test("whatever a value holds, its header is printable ASCII and decodes to it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 20 }), (text) => {
      expect(headerValue(text)).toMatch(/^[\u0021-\u007E]*$/);
      expect(decodeURIComponent(headerValue(text))).toBe(text.toWellFormed());
    }),
  );
});

const words = fc.string({ unit: "binary", minLength: 1, maxLength: 20 }).filter(isStorable);

/** As the store takes texts: well formed, without NUL. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

const anyEvent = fc
  .record({
    name: words,
    correlationId: words,
    uri: fc.option(words),
    partition: fc.dictionary(words, words, { maxKeys: 2 }),
    runId: fc.option(fc.nat()),
    base: fc.constantFrom("https://flow.example.com/", "millrace:b%C3%BC"),
  })
  .chain(({ name, correlationId, uri, partition, runId, base }) => {
    const of = { ...cause, base, correlationId, runId };
    const rest = { partition, metadata: null, task: null };
    const end = { reason: null, partition, trigger: name, state: "failed" } as const;
    return fc.constantFrom(
      updateCloudEvent(of, { ...rest, id: 7, dataset: `a/${name}`, kind: "changed", uri }),
      updateCloudEvent(of, { ...rest, id: 8, dataset: `a/${name}`, kind: "removed", uri }),
      eventCloudEvent(of, { id: 9, name, data: { name } }),
      runEndCloudEvent(of, { ...end, id: 10, pipeline: `a/${name}` }),
    );
  });
const NOW = Date.parse(cause.at);

test("whatever names hold, a strict receiver takes the event, and reads it alike in each form", () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      expect(Object.keys(event).every((name) => /^[a-z0-9]{1,20}$/.test(name))).toBe(true);
      expect(URL.parse(event.source, "https://example.com/"), event.source).not.toBeNull();
      expect(event.source).toMatch(/^[\w.~!$&'()*+,;=:@%/?-]+$/);
      const { headers, body } = toBinary(event);
      const plain: unknown = JSON.parse(JSON.stringify(event));
      const structured = toCloudEvent(JSON.parse(toStructured(event).body) as never, NOW);
      const binary = toBinaryEvent(new Headers(headers), Buffer.from(body), NOW);
      for (const read of [structured, binary]) {
        expect(read).toEqual({ ok: true, event: expect.objectContaining({ document: plain }) });
      }
    }),
    { numRuns: 300 },
  );
});
