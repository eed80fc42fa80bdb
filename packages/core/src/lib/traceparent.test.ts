import { expect, test } from "vitest";
import { knownTraceparent } from "./traceparent.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const GOOD = `00-${TRACE}-${PARENT}-01`;

test.each([
  [GOOD, GOOD],
  [`00-${TRACE}-${PARENT}-00`, `00-${TRACE}-${PARENT}-00`],
  [`cc-${TRACE}-${PARENT}-03-what-comes`, GOOD],
  [`${GOOD}-more`, null],
  [`ff-${TRACE}-${PARENT}-01`, null],
  [`00-${"0".repeat(32)}-${PARENT}-01`, null],
  [`00-${TRACE}-${"0".repeat(16)}-01`, null],
  [GOOD.toUpperCase(), null],
  ["", null],
  [`${GOOD}\n`, null],
])("%j is sent on as %j", (text, known) => {
  expect(knownTraceparent(text)).toBe(known);
});
