import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isWebhookSigned,
  readWebhookHeaders,
  webhookKey,
  webhookSecretProblem,
} from "./verify-webhook.ts";

/** The example that implementations of Standard Webhooks share. */
const VECTOR = {
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  headers: {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  },
  body: '{"test": 2432232314}',
  atMs: 1_614_265_330_000,
};
const OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

function isSigned(
  headers: Record<string, string>,
  body: string = VECTOR.body,
  secrets: readonly string[] = [VECTOR.secret],
): boolean {
  const read = readWebhookHeaders(new Headers(headers), VECTOR.atMs);
  return read.ok && isWebhookSigned(read.headers, Buffer.from(body), secrets);
}

test("the known example is signed", () => {
  expect(isSigned(VECTOR.headers)).toBe(true);
});

test("while secrets are rotated, either side may have both", () => {
  expect(isSigned(VECTOR.headers, VECTOR.body, [OTHER, VECTOR.secret])).toBe(true);
  expect(isSigned(VECTOR.headers, VECTOR.body, [OTHER])).toBe(false);
  const other = `v1,${Buffer.alloc(32).toString("base64")}`;
  const both = `v1a,AAAA ${other} ${VECTOR.headers["webhook-signature"]}`;
  expect(isSigned({ ...VECTOR.headers, "webhook-signature": both })).toBe(true);
  expect(isSigned({ ...VECTOR.headers, "webhook-signature": other })).toBe(false);
});

test("one bit anywhere makes the signature wrong", () => {
  const bytes = Buffer.from(VECTOR.body);
  const read = readWebhookHeaders(new Headers(VECTOR.headers), VECTOR.atMs);
  if (!read.ok) throw new Error(read.message);
  const { headers } = read;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(7), (at, bit) => {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
      expect(isWebhookSigned(headers, flipped, [VECTOR.secret])).toBe(false);
    }),
  );
  expect(isSigned({ ...VECTOR.headers, "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJel" })).toBe(false);
  expect(isSigned({ ...VECTOR.headers, "webhook-timestamp": "1614265331" })).toBe(false);
});

test("JSON that was read and written again has another signature", () => {
  expect(isSigned(VECTOR.headers, JSON.stringify(JSON.parse(VECTOR.body)))).toBe(false);
});

test("whatever is signed with the secret is signed", () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.stringMatching(/^[\w-]{1,40}$/), (bytes, id) => {
      const text = Buffer.concat([Buffer.from(`${id}.1614265330.`), bytes]);
      const signature = createHmac("sha256", webhookKey(VECTOR.secret)).update(text).digest();
      const headers = { id, timestamp: "1614265330", signatures: [signature] };
      expect(isWebhookSigned(headers, bytes, [VECTOR.secret])).toBe(true);
    }),
  );
});

describe("the headers", () => {
  test.each([-300, 0, 300])("are taken %d seconds from now", (seconds) => {
    const read = readWebhookHeaders(new Headers(VECTOR.headers), VECTOR.atMs + seconds * 1_000);
    expect(read.ok).toBe(true);
  });

  test.each([-301, 301])("are refused %d seconds from now", (seconds) => {
    const read = readWebhookHeaders(new Headers(VECTOR.headers), VECTOR.atMs + seconds * 1_000);
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining("5 minutes") });
  });

  test.each([
    ["webhook-id", ""],
    ["webhook-id", "a.b"],
    ["webhook-id", "x".repeat(257)],
    ["webhook-id", "a b"],
    ["webhook-timestamp", ""],
    ["webhook-timestamp", "1614265330.5"],
    ["webhook-timestamp", "-1614265330"],
    ["webhook-timestamp", "1e9"],
    ["webhook-timestamp", "0"],
    ["webhook-timestamp", "4102444800"],
    ["webhook-signature", ""],
    ["webhook-signature", "v1"],
    ["webhook-signature", "v1a,AAAA"],
    ["webhook-signature", "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
  ])("are refused when %s is %j, with a sentence that names it", (name, value) => {
    const read = readWebhookHeaders(new Headers({ ...VECTOR.headers, [name]: value }), VECTOR.atMs);
    expect(read).toMatchObject({ ok: false, message: expect.stringContaining(name) });
  });
});

test.each([
  ["", "is not whsec_ and base64"],
  ["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "is not whsec_ and base64"],
  ["whsec_not base64 at all", "is not whsec_ and base64"],
  ["whsec_AAAA", "has 3 bytes and needs 24 to 64"],
  [`whsec_${"A".repeat(88)}`, "has 66 bytes and needs 24 to 64"],
])("the secret %j cannot be used", (secret, problem) => {
  expect(webhookSecretProblem(secret)).toBe(problem);
});
