import { inspect } from "node:util";
import { expect, test } from "vitest";
import { mail, slack, webhook } from "./alert-channels.ts";
import { cloudEventsOut } from "./cloud-events-out.ts";
import { natsTargetsOf, readOuts, subscribersOf } from "./read-outs.ts";
import { isOut, webhookOut } from "./webhook-out.ts";

const options = { url: "https://a.example.com/hook", secrets: ["A_SECRET"], events: ["a.*"] };

test.each([
  ["Bad Name", {}, "the name"],
  ["crm", { url: "ftp://a" }, "none of http or https"],
  ["crm", { url: "https://me:pw@a" }, "holds credentials"],
  ["crm", { secrets: ["whsec_abc"] }, "names of environment variables"],
  ["crm", { events: [] }, "names 0 events"],
  ["crm", { events: ["a*b"] }, "is no name of an event"],
])("webhookOut %s with %j is refused where it is defined", (name, change, words) => {
  expect(isOut(webhookOut("crm", options))).toBe(true);
  expect(() => webhookOut(name, { ...options, ...change })).toThrow(words);
});

test("a channel that is given an address instead of a variable is refused, and not repeated", () => {
  const secret = "https://hooks.slack.com/services/T0/B0/xyz";
  expect(() => slack({ url: secret })).toThrow("names of environment variables");
  expect(() => slack({ url: secret })).not.toThrow("xyz");
  expect(() => webhook({ url: "HOOK", secrets: ["no"] })).toThrow("SLACK_URL");
});

const source = {
  readFile: (path: string) => Promise.resolve(`https://a.example.com/${path}\n`),
  base: "millrace:test",
  pageUrl: null,
};

test("a subscriber whose address is missing is left out, and says which variable to set", async () => {
  const alerts = [
    { namespace: "ops", channels: [slack({ url: "SLACK_URL" }), webhook({ url: "HOOK_URL" })] },
  ];
  const declared = { outs: [webhookOut("crm", options)], alerts };
  const environment = { HOOK_URL_FILE: "from-file" };
  const { targets, makers, problems } = await readOuts(declared, { ...source, environment });
  expect([...targets.keys()]).toEqual(["alert/ops/webhook"]);
  expect([...makers.keys()]).toEqual(["alert/ops/webhook"]);
  expect(targets.get("alert/ops/webhook")?.url).toBe("https://a.example.com/from-file");
  expect(problems).toEqual([
    "webhook/crm is not sent to from here: set the environment variable A_SECRET, or A_SECRET_FILE.",
    "alert/ops/slack is not sent to from here: set the environment variable SLACK_URL, or SLACK_URL_FILE.",
  ]);
  expect(subscribersOf(declared).map(({ name }) => name)).toEqual([
    "webhook/crm",
    "alert/ops/slack",
    "alert/ops/webhook",
  ]);
});

test("a mail is made for its server, and a wrong address is found at the start", async () => {
  const channels = [mail({ server: "SMTP", from: "FROM", to: "TO" })];
  const declared = { outs: [], alerts: [{ namespace: "ops", channels }] };
  const environment = {
    SMTP: "smtp://mx.example.com",
    FROM: "a@example.com",
    TO: "b@example.com, c@d.org",
  };
  const { targets, makers, problems } = await readOuts(declared, { ...source, environment });
  expect(problems).toEqual([]);
  expect(targets.get("alert/ops/mail")?.url).toBe("smtp://mx.example.com");
  const letter = {
    kind: "dead_letter",
    id: 5,
    at: "2026-11-21T02:00:00.000Z",
    source: "sqs:in",
  } as const;
  const [made] = makers.get("alert/ops/mail")?.({ ...letter, reason: "no JSON" }) ?? [];
  expect(JSON.parse(`${made?.message.body as string}`)).toMatchObject({
    from: "a@example.com",
    to: ["b@example.com", "c@d.org"],
    subject: expect.stringContaining("sqs:in"),
  });
  const wrong = { ...source, environment: { ...environment, TO: "nobody" } };
  expect((await readOuts(declared, wrong)).problems).toEqual([
    "alert/ops/mail is not sent to from here: FROM must hold one address such as ops@example.com, and TO 1 to 50 of them, separated by commas.",
  ]);
});

const nats = { servers: "nats://bus:4222", subject: "millrace.facts" };

test("CloudEvents on NATS are declared without showing who one is", async () => {
  const credentials = { token: "hush-hush" };
  const out = cloudEventsOut("bus", { nats: { ...nats, credentials }, events: ["a.*"] });
  expect(isOut(out)).toBe(true);
  expect(JSON.stringify(out) + inspect(out)).not.toContain("hush");
  const declared = { outs: [out, webhookOut("crm", options)], alerts: [] };
  expect([...natsTargetsOf(declared)]).toEqual([["nats:bus", { ...nats, credentials }]]);
  const { targets, problems } = await readOuts(declared, { ...source, environment: {} });
  expect(targets.get("cloudevents/bus")).toMatchObject({ url: "nats:bus", secrets: [] });
  expect(problems).toHaveLength(1);
});

test.each([
  ["Bad Name", {}, [], "the name"],
  ["bus", { servers: undefined }, ["a"], "give either servers or the name of a connection"],
  ["bus", { servers: "nats://me:pw@bus" }, ["a"], "without user or password"],
  ["bus", { subject: "a.*" }, ["a"], "is none to publish on"],
  ["bus", { subject: "a b" }, ["a"], "is none to publish on"],
  ["bus", {}, [], "names 0 events"],
])("cloudEventsOut %s on NATS with %j and %j is refused where it is defined", (...given) => {
  const [name, change, events, words] = given;
  expect(() => cloudEventsOut(name, { nats: { ...nats, ...change }, events })).toThrow(words);
});
