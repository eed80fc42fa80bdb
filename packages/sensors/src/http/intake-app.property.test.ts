import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AUTH, HOOKS, setUp, snsBody, webhook } from "../../../../tests/harness/posted-intake.ts";

describe("whatever is posted", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    fc.constantFrom(
      "[",
      "{",
      '"',
      "\u0000",
      "1e999",
      '{"Records":[{}]}',
      '{"Type":"Notification"}',
    ),
    fc.json().map((value) => `{"Records":[${value}],"id":"1","detail-type":${value}}`),
    fc
      .json()
      .map(
        (value) => `{"specversion":"1.0","id":"1","source":"s","type":"com.acme.x","x":${value}}`,
      ),
  );
  const contentType = fc.constantFrom(
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "text/plain",
  );
  const hook = fc.constantFrom(...HOOKS.map(({ name }) => name), "other");

  test("no body makes an error of our own, and all that is authentic is kept", async () => {
    const { post, problems, accepted } = setUp();
    await fc.assert(
      fc.asyncProperty(hook, piece, contentType, async (name, body, type) => {
        const before = accepted.length;
        const headers = { ...AUTH, ...webhook(body), "content-type": type };
        const { status, body: answer } = await post(name, body, headers);
        expect(status).toBeLessThan(500);
        expect(typeof (answer.error ?? answer.accepted)).not.toBe("undefined");
        if ([401, 403, 404, 413, 415].includes(status)) expect(accepted.length).toBe(before);
        if (name === "crm") expect(accepted.length).toBe(before + 1);
      }),
      { numRuns: 500 },
    );
    expect(problems).toEqual([]);
  });

  test("no signed notification makes an error of our own", async () => {
    const { post, accepted } = setUp();
    await fc.assert(
      fc.asyncProperty(piece, fc.constantFrom("lake", "topic"), async (message, name) => {
        const before = accepted.length;
        const { status, body } = await post(name, snsBody({ Message: message }));
        expect(status).toBe(200);
        const isKept = accepted.length > before || body.ignored.length > 0;
        expect(isKept).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
