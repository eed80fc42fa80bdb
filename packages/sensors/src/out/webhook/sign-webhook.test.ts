import { createHmac } from "node:crypto";
import { MillraceError } from "@millrace/core/internal";
import { expect, test } from "vitest";
import { isWebhookSigned, readWebhookHeaders } from "../../http/webhook/verify-webhook.ts";
import { secretProblem, signWebhook } from "./sign-webhook.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

test("a signature is the one of the reference libraries", () => {
  // The vector that the test suites of Standard Webhooks' libraries share.
  const headers = signWebhook(
    {
      id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
      atMs: 1_614_265_330_000,
      body: '{"test": 2432232314}',
    },
    [SECRET],
  );
  expect(headers).toEqual({
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  });
});

test("each secret signs, in order, so that one can be replaced while both are known", () => {
  const message = { id: "out_1", atMs: 1_999, body: "é" };
  const signatures = signWebhook(message, [SECRET, OTHER])["webhook-signature"]?.split(" ");
  const [first, second] = [SECRET, OTHER].map((secret) => {
    const key = Buffer.from(secret.slice(6), "base64");
    return `v1,${createHmac("sha256", key).update("out_1.1.é").digest("base64")}`;
  });
  expect(signatures).toEqual([first, second]);
});

test.each([
  ["plain", "begin with"],
  ["whsec_", "base64"],
  ["whsec_***", "base64"],
  [`whsec_${Buffer.alloc(23).toString("base64")}`, "has 23 bytes"],
  [`whsec_${Buffer.alloc(65).toString("base64")}`, "has 65 bytes"],
])("%s is refused as a secret", (secret, words) => {
  expect(secretProblem(secret)).toContain(words);
});

test("a refusal never shows the secret", () => {
  const short = `whsec_${Buffer.from("hunter2").toString("base64")}`;
  const sign = () => signWebhook({ id: "out_1", atMs: 0, body: "" }, [short]);
  expect(sign).toThrow(/Secret 1 has 7 bytes/);
  try {
    sign();
  } catch (error) {
    expect(MillraceError.is(error, "INPUT_INVALID")).toBe(true);
    expect(String(error)).not.toContain(short.slice(6));
  }
});

test.each([
  [[], "out_1"],
  [Array.from({ length: 6 }, () => OTHER), "out_1"],
  [[OTHER], "out.1"],
  [[OTHER], ""],
])(
  "no secret, too many of them, or an id that could be read otherwise is refused",
  (secrets, id) => {
    expect(() => signWebhook({ id, atMs: 0, body: "" }, secrets)).toThrow(/cannot be signed/);
  },
);

test("what is signed here is let in by a hook, with any of its secrets, and only whole", () => {
  const nowMs = 1_000_000;
  const message = { id: "msg_7", atMs: nowMs, body: '{"a":"ü"}' };
  const headers = new Headers(signWebhook(message, [SECRET, OTHER]));
  const read = readWebhookHeaders(headers, nowMs + 299_000);
  if (!read.ok) throw new Error(read.message);
  const isTaken = (body: string, secret: string): boolean =>
    isWebhookSigned(read.headers, Buffer.from(body), [secret]);
  expect([isTaken(message.body, SECRET), isTaken(message.body, OTHER)]).toEqual([true, true]);
  expect(isTaken(`${message.body} `, SECRET)).toBe(false);
  expect(readWebhookHeaders(headers, nowMs + 301_000).ok, "played again later").toBe(false);
});
