import { expect, test } from "vitest";
import {
  contextOf,
  contextOfAttributes,
  contextOfHeaders,
  contextOfSns,
  contextWithin,
} from "./message-context.ts";
import { keyOf } from "../http/message-identity.ts";

const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

test("correlation and trace are taken over from headers", () => {
  const headers = new Headers({ "x-correlation-id": "order-17", traceparent: TRACE });
  expect(contextOfHeaders(headers)).toEqual({ correlationId: "order-17", traceparent: TRACE });
});

test.each([
  ["", ""],
  ["a b", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"],
  ["x".repeat(129), TRACE.toUpperCase()],
  ["ä", `${TRACE}-more`],
  ["a\u001b[31m", `ff${TRACE.slice(2)}`],
  [null, undefined],
  [7, { trace: TRACE }],
  ["a\nb", `01${TRACE.slice(2)}-${"x".repeat(300)}`],
])("the correlation %j and the trace %j count as absent", (correlationId, traceparent) => {
  expect(contextOf(correlationId, traceparent)).toEqual({ correlationId: null, traceparent: null });
});

test.each(["correlationId", "correlation-id", "X-Correlation-Id", "correlation_id"])(
  "the attribute %s is a correlation",
  (name) => {
    const all = [[name, "order-17"] as const, ["Traceparent", TRACE] as const];
    expect(contextOfAttributes(all)).toEqual({ correlationId: "order-17", traceparent: TRACE });
    const sns = { [name]: { Type: "String", Value: "order-17" }, odd: 7 };
    expect(contextOfSns(sns)).toEqual({ correlationId: "order-17", traceparent: null });
  },
);

test.each([null, [], "a", { correlationId: "bare" }, { my_correlation: { Value: "a" } }])(
  "the attributes %j say nothing",
  (attributes) => {
    expect(contextOfSns(attributes)).toEqual({ correlationId: null, traceparent: null });
  },
);

test("what an envelope says counts before what is inside it", () => {
  const outer = { correlationId: "outer", traceparent: null };
  const inner = { correlationId: "inner", traceparent: TRACE };
  expect(contextWithin(outer, inner)).toEqual({ correlationId: "outer", traceparent: TRACE });
  expect(contextWithin(undefined, inner)).toEqual(inner);
  expect(contextWithin(outer, undefined)).toEqual(outer);
});

test("keys of different parts differ, and none is too long for the store", () => {
  expect(keyOf(["a", "b"])).not.toBe(keyOf(["a,b"]));
  expect(keyOf(['a","b'])).not.toBe(keyOf(["a", "b"]));
  const [long, longer] = [keyOf(["x".repeat(1_000)]), keyOf(["x".repeat(1_001)])];
  expect(long).not.toBe(longer);
  expect(Buffer.byteLength(keyOf(["\u0001".repeat(200)]))).toBeLessThanOrEqual(512);
});
