import { expect, test } from "vitest";
import { contextOf, contextOfHeaders } from "./message-context.ts";
import { keyOf } from "./message-identity.ts";

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

test("keys of different parts differ, and none is too long for the store", () => {
  expect(keyOf(["a", "b"])).not.toBe(keyOf(["a,b"]));
  expect(keyOf(['a","b'])).not.toBe(keyOf(["a", "b"]));
  const [long, longer] = [keyOf(["x".repeat(1_000)]), keyOf(["x".repeat(1_001)])];
  expect(long).not.toBe(longer);
  expect(Buffer.byteLength(keyOf(["\u0001".repeat(200)]))).toBeLessThanOrEqual(512);
});
