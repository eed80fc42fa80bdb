import { createHmac, sign } from "node:crypto";
import { s3EventJson } from "@millrace/testing/s3-event-json";
import type { Hook } from "../../packages/sensors/src/http/hook.ts";
import { intakeApp, type IntakeAppOptions } from "../../packages/sensors/src/http/intake-app.ts";
import type { IntakeMessage } from "../../packages/sensors/src/http/intake-port.ts";
import { signedText } from "../../packages/sensors/src/http/sns/sns-message.ts";
import { webhookKey } from "../../packages/sensors/src/http/webhook/verify-webhook.ts";
import type { SourceProblem } from "../../packages/sensors/src/intake/object-intake.ts";
import { selfSigned } from "./self-signed-certificate.ts";

export const NOW = Date.UTC(2026, 10, 22, 6);
export const TOKEN = "a-token-made-by-chance";
export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const TOPIC = "arn:aws:sns:us-west-2:123456789012:MyTopic";
export const CERT_URL = "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem";
export const YEAR_MS = 365 * 86_400_000;
export const SNS = selfSigned("sns.amazonaws.com", NOW - YEAR_MS, NOW + YEAR_MS);
export const TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
export const AUTH = { authorization: `Bearer ${TOKEN}` };

export const EVENT = { type: "event", name: { at: "/type" }, data: "/data" } as const;
export const HOOKS: readonly Hook[] = [
  { name: "lake", kind: "sns", topics: [TOPIC], becomes: "objects" },
  { name: "raw", kind: "sns", topics: [TOPIC], tokens: [TOKEN], becomes: "objects" },
  { name: "topic", kind: "sns", topics: [TOPIC], becomes: EVENT },
  {
    name: "bus",
    kind: "eventbridge",
    tokens: [TOKEN],
    tokenHeader: "x-api-key",
    becomes: "objects",
  },
  {
    name: "bus-events",
    kind: "eventbridge",
    tokens: [TOKEN],
    becomes: { type: "event", name: { at: "/detail-type" }, data: "/detail" },
  },
  { name: "minio", kind: "minio", tokens: [TOKEN] },
  {
    name: "ce",
    kind: "cloudevents",
    tokens: [TOKEN],
    rules: [
      {
        type: "com.acme.table.loaded",
        source: "https://acme.example/*",
        becomes: {
          type: "update",
          dataset: "sales/orders",
          partition: { day: { at: "/data/day" } },
          metadata: "/data",
        },
      },
      { type: "com.acme.*", becomes: EVENT },
    ],
  },
  { name: "crm", kind: "json", secrets: [SECRET], becomes: EVENT },
];

/** One object, as S3 tells of it. */
export const S3_EVENT = s3EventJson({
  event: "ObjectCreated:Put",
  bucket: "lake",
  key: "raw/1.csv",
  content: { etag: "e1", bytes: 5 },
  sequencer: "00",
  at: NOW,
});

/** Everything that a test may look at. The port takes what it gets, or throws. */
export function setUp(options: Partial<IntakeAppOptions> = {}) {
  const accepted: IntakeMessage[] = [];
  const problems: SourceProblem[] = [];
  const fetched: string[] = [];
  const state = { failure: null as Error | null, certificate: () => new Response(SNS.pem) };
  const app = intakeApp({
    hooks: HOOKS,
    now: () => NOW,
    port: {
      accept: (messages) => {
        if (state.failure !== null) return Promise.reject(state.failure);
        accepted.push(...messages);
        return Promise.resolve([]);
      },
    },
    fetch: (url, { redirect }) => {
      // Nobody may be led elsewhere.
      if (redirect !== "manual") throw new Error(`${url} would be followed`);
      fetched.push(url);
      return Promise.resolve(url === CERT_URL ? state.certificate() : new Response("<ok/>"));
    },
    onProblem: (problem) => problems.push(problem),
    ...options,
  });
  return { accepted, problems, fetched, state, post };

  async function post(hook: string, body: string, headers: Record<string, string> = {}) {
    const response = await app.request(`/${hook}`, { method: "POST", body, headers });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: JSON.parse(text), text };
  }
}

export function snsBody(change: Record<string, unknown> = {}, version = "2"): string {
  const fields: Record<string, unknown> = {
    Type: "Notification",
    MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    TopicArn: TOPIC,
    Message: S3_EVENT,
    Timestamp: new Date(NOW).toISOString(),
    SignatureVersion: version,
    SigningCertURL: CERT_URL,
    Token: "2336",
    SubscribeURL: "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription",
    ...change,
  };
  const type = fields["Type"] === "Notification" ? "Notification" : "SubscriptionConfirmation";
  const hash = version === "1" ? "RSA-SHA1" : "RSA-SHA256";
  const signature = sign(hash, Buffer.from(signedText({ type, fields })), SNS.privateKey);
  return JSON.stringify({ ...fields, Signature: signature.toString("base64") });
}

export function webhook(body: string, { id = "msg_1", atMs = NOW } = {}) {
  const timestamp = String(Math.floor(atMs / 1_000));
  const signature = createHmac("sha256", webhookKey(SECRET))
    .update(`${id}.${timestamp}.${body}`)
    .digest("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${signature}`,
  };
}
