import { expect, test } from "vitest";
import {
  CERT_URL,
  NOW,
  S3_EVENT,
  SNS,
  TOKEN,
  TOPIC,
  YEAR_MS,
  setUp,
  snsBody,
} from "../../../../../tests/harness/posted-intake.ts";
import { selfSigned } from "../../../../../tests/harness/self-signed-certificate.ts";

test.each(["1", "2"])("a notification with a signature of version %s is taken", async (version) => {
  const { post, accepted, fetched } = setUp();
  const answer = await post("lake", snsBody({}, version));
  expect(answer).toMatchObject({ status: 200, body: { accepted: 1 } });
  expect(accepted).toMatchObject([
    { type: "object", object: { bucket: "lake", key: "raw/1.csv", via: "event" } },
  ]);
  expect(fetched).toEqual([CERT_URL]);
});

test("a certificate is fetched once", async () => {
  const { post, fetched } = setUp();
  await Promise.all([post("lake", snsBody()), post("lake", snsBody())]);
  await post("lake", snsBody());
  expect(fetched).toEqual([CERT_URL]);
});

test.each([
  ["another text", { Message: "{}" }],
  ["another id", { MessageId: "other" }],
  ["another time", { Timestamp: new Date(NOW - 1_000).toISOString() }],
  ["an added subject", { Subject: "new" }],
  ["another version", { SignatureVersion: "1" }],
  ["an unknown version", { SignatureVersion: "3" }],
  ["no base64", { Signature: "…" }],
])("a message with %s than was signed is refused and not kept", async (_what, change) => {
  const { post, accepted } = setUp();
  const body = JSON.stringify({ ...JSON.parse(snsBody()), ...change });
  expect(await post("lake", body)).toMatchObject({
    status: 401,
    body: { error: expect.stringMatching(/signature/) },
  });
  expect(accepted).toEqual([]);
});

test.each([
  ["the topic is another", { TopicArn: `${TOPIC}2` }, 403],
  [
    "the certificate lies in a bucket",
    {
      SigningCertURL: `https://sns.s3-us-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem`,
    },
    401,
  ],
  [
    "the certificate lies in the private network",
    { SigningCertURL: "http://169.254.169.254/x.pem" },
    401,
  ],
  ["it is older than an hour", { Timestamp: new Date(NOW - 4_200_000).toISOString() }, 401],
  ["it is of the year 1970", { Timestamp: "1970-01-01T00:00:00.000Z" }, 401],
  ["it is of the year 2100", { Timestamp: "2100-01-01T00:00:00.000Z" }, 401],
  ["its type is unknown", { Type: "Other" }, 400],
])(
  "a signed message is refused before anything is fetched when %s",
  async (_what, change, status) => {
    const { post, accepted, fetched } = setUp();
    expect(await post("lake", snsBody(change))).toMatchObject({ status });
    expect([accepted, fetched]).toEqual([[], []]);
  },
);

test.each([
  ["is not there", () => new Response("", { status: 404 }), 401],
  ["is none", () => new Response("hello"), 503],
  ["is asked for too often", () => new Response("", { status: 429 }), 503],
  ["is elsewhere", () => new Response("", { status: 302, headers: { location: "/" } }), 503],
  ["never ends", () => new Response(SNS.pem + " ".repeat(100_000) + SNS.pem), 503],
  ["cannot be had", () => new Response("", { status: 503 }), 503],
])("a message whose certificate %s is not taken", async (_what, certificate, status) => {
  const { post, accepted, state } = setUp();
  state.certificate = certificate;
  expect(await post("lake", snsBody())).toMatchObject({ status });
  expect(accepted).toEqual([]);
  state.certificate = () => new Response(SNS.pem);
  expect(await post("lake", snsBody())).toMatchObject({ status: 200 });
});

test.each([
  ["any more", NOW - 2 * YEAR_MS, NOW - YEAR_MS],
  ["yet", NOW + YEAR_MS, NOW + 2 * YEAR_MS],
])("a certificate that is not valid %s signs nothing", async (_when, fromMs, toMs) => {
  const { pem } = selfSigned("sns.amazonaws.com", fromMs, toMs, SNS.privateKey);
  const { post, state } = setUp();
  state.certificate = () => new Response(pem);
  expect(await post("lake", snsBody())).toMatchObject({ status: 401 });
});

test("a subscription is confirmed on the host of SNS, whatever else its address asks", async () => {
  const { post, fetched } = setUp();
  const change = {
    Type: "SubscriptionConfirmation",
    Message: "You have chosen to subscribe",
    SubscribeURL: "https://sns.us-west-2.amazonaws.com/?Action=DeleteTopic",
  };
  expect(await post("lake", snsBody(change))).toMatchObject({ status: 200 });
  const [, confirmed] = fetched;
  expect(new URL(confirmed ?? "").searchParams.get("Action")).toBe("ConfirmSubscription");
});

test.each([
  ["of another topic", { TopicArn: `${TOPIC}2` }, 403],
  ["on another host", { SubscribeURL: "https://169.254.169.254/?Action=ConfirmSubscription" }, 401],
])("a subscription %s is not confirmed", async (_what, change, status) => {
  const { post, fetched } = setUp();
  const body = snsBody({ Type: "SubscriptionConfirmation", ...change });
  expect(await post("lake", body)).toMatchObject({ status });
  expect(fetched.filter((url) => url !== CERT_URL)).toEqual([]);
});

test("the end of a subscription is told, and nothing is asked for", async () => {
  const { post, problems, fetched } = setUp();
  const body = snsBody({ Type: "UnsubscribeConfirmation" });
  expect(await post("lake", body)).toMatchObject({ status: 200, body: { accepted: 0 } });
  expect(problems).toMatchObject([
    { source: "hook lake", message: expect.stringMatching(/has ended/) },
  ]);
  expect(fetched).toEqual([CERT_URL]);
});

test("raw messages need a token, which may come as a password", async () => {
  const { post, accepted } = setUp();
  const raw = {
    "x-amz-sns-rawdelivery": "true",
    "x-amz-sns-message-id": "22b80b92",
    "x-amz-sns-topic-arn": TOPIC,
  };
  const body = S3_EVENT;
  expect(await post("lake", body, raw)).toMatchObject({ status: 401 });
  const unauthorised = await post("raw", body, raw);
  expect(unauthorised.status).toBe(401);
  expect(unauthorised.headers.get("www-authenticate")).toContain("Basic");
  expect(accepted).toEqual([]);
  const authorization = `Basic ${Buffer.from(`sns:${TOKEN}`).toString("base64")}`;
  const other = { ...raw, authorization, "x-amz-sns-topic-arn": `${TOPIC}2` };
  expect(await post("raw", body, other)).toMatchObject({ status: 403 });
  expect(await post("raw", body, { ...raw, authorization })).toMatchObject({ status: 200 });
  expect(accepted).toMatchObject([{ type: "object", object: { key: "raw/1.csv" } }]);
});

test("a notification that is no S3 event is a dead letter, once for its id", async () => {
  const { post, accepted } = setUp();
  const answer = await post("lake", snsBody({ Message: "Hello world!" }));
  expect(answer).toMatchObject({
    status: 200,
    body: { accepted: 0, deadLetters: [expect.stringMatching(/JSON/)] },
  });
  const key = '["lake","22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324"]';
  expect(accepted).toMatchObject([
    {
      type: "deadLetter",
      letter: { source: "hook lake", body: "Hello world!", idempotencyKey: key },
    },
  ]);
});

test("a notification in JSON becomes what the hook's mapping says", async () => {
  const { post, accepted } = setUp();
  const body = snsBody({ Message: '{"type":"order.paid","data":{"id":7}}' });
  expect(await post("topic", body)).toMatchObject({ status: 200 });
  expect(accepted).toMatchObject([
    { type: "event", event: { name: "order.paid", data: { id: 7 }, source: { type: "sns" } } },
  ]);
});
