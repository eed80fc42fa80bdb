import { expect, test } from "vitest";
import { isTokenShown } from "./admit-token.ts";

const TOKEN = "a-token-made-by-chance";
const OLD = "the-token-of-last-month";

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

test.each([
  [`Bearer ${TOKEN}`],
  [`bearer ${TOKEN}`],
  [`Bearer ${OLD}`],
  [TOKEN],
  [basic("anybody", TOKEN)],
  [basic("", OLD)],
])("%s lets a caller in", (authorization) => {
  const headers = new Headers({ authorization });
  expect(isTokenShown({ tokens: [OLD, TOKEN] }, headers)).toBe(true);
});

test.each([
  [{}],
  [{ authorization: "" }],
  [{ authorization: "Bearer" }],
  [{ authorization: "Bearer " }],
  [{ authorization: `Bearer ${TOKEN}x` }],
  [{ authorization: `Bearer ${TOKEN.slice(1)}` }],
  [{ authorization: `Bearer ${TOKEN} ${TOKEN}` }],
  [{ authorization: basic(TOKEN, "") }],
  [{ authorization: basic(TOKEN, "wrong") }],
  [{ authorization: `Basic ${TOKEN}` }],
  [{ "x-api-key": TOKEN }],
])("%j does not let a caller in", (headers: Record<string, string>) => {
  expect(isTokenShown({ tokens: [TOKEN] }, new Headers(headers))).toBe(false);
});

test("the token may come in the header that is set for it", () => {
  const access = { tokens: [TOKEN], tokenHeader: "x-api-key" };
  expect(isTokenShown(access, new Headers({ "x-api-key": TOKEN }))).toBe(true);
  expect(isTokenShown(access, new Headers({ "x-api-key": "another" }))).toBe(false);
});

test("where a user is set, the password alone is not enough", () => {
  const access = { tokens: [TOKEN], user: "events" };
  const by = (user: string) =>
    isTokenShown(access, new Headers({ authorization: basic(user, TOKEN) }));
  expect(by("events")).toBe(true);
  expect(by("event")).toBe(false);
});

test("a token of two words is compared with the whole header, as MinIO sends it", () => {
  const access = { tokens: ["Token some-longer-secret"] };
  const headers = new Headers({ authorization: "Token some-longer-secret" });
  expect(isTokenShown(access, headers)).toBe(true);
});
