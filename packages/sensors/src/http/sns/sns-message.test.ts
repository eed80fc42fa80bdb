import { expect, test } from "vitest";
import { isSnsTimely, readSnsMessage, signedText } from "./sns-message.ts";

/** The example of the AWS documentation. */
const NOTIFICATION = {
  Type: "Notification",
  MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  TopicArn: "arn:aws:sns:us-west-2:123456789012:MyTopic",
  Subject: "My First Message",
  Message: "Hello world!",
  Timestamp: "2012-05-02T00:54:06.655Z",
  SignatureVersion: "1",
  Signature: "EXAMPLEw6JRN…",
  SigningCertURL: "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ec.pem",
  UnsubscribeURL: "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe",
};
const CONFIRMATION = {
  ...NOTIFICATION,
  Type: "SubscriptionConfirmation",
  Token: "2336412f37",
  SubscribeURL: "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription",
};

function read(fields: object) {
  return readSnsMessage(Buffer.from(JSON.stringify(fields)));
}

function signedOf(fields: object): string {
  const result = read(fields);
  if (!result.ok) throw new Error(result.problem);
  return signedText(result.message);
}

test("a notification is signed over its members in order, without an absent subject", () => {
  const text = `Message
Hello world!
MessageId
22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324
Subject
My First Message
Timestamp
2012-05-02T00:54:06.655Z
TopicArn
arn:aws:sns:us-west-2:123456789012:MyTopic
Type
Notification
`;
  expect(signedOf(NOTIFICATION)).toBe(text);
  const { Subject: _subject, ...bare } = NOTIFICATION;
  expect(signedOf(bare)).toBe(text.replace("Subject\nMy First Message\n", ""));
  expect(signedOf({ ...bare, Subject: null })).toBe(signedOf(bare));
});

test.each(["SubscriptionConfirmation", "UnsubscribeConfirmation"])(
  "a %s is signed over its token and address too",
  (type) => {
    expect(signedOf({ ...CONFIRMATION, Type: type })).toBe(`Message
Hello world!
MessageId
22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324
SubscribeURL
https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription
Timestamp
2012-05-02T00:54:06.655Z
Token
2336412f37
TopicArn
arn:aws:sns:us-west-2:123456789012:MyTopic
Type
${type}
`);
  },
);

test.each([
  ["[]", "no message of SNS"],
  ["null", "no message of SNS"],
  ['{"Type":"Notification"', "JSON"],
  ["{}", "Type"],
  [JSON.stringify({ ...NOTIFICATION, Type: "Other" }), "Type"],
  [JSON.stringify({ ...NOTIFICATION, Signature: "" }), "Signature"],
  [JSON.stringify({ ...NOTIFICATION, TopicArn: ["arn"] }), "TopicArn"],
  [JSON.stringify({ ...NOTIFICATION, Message: { a: 1 } }), "Message"],
  [JSON.stringify({ ...NOTIFICATION, Type: "SubscriptionConfirmation" }), "SubscribeURL"],
  [JSON.stringify({ ...NOTIFICATION, MessageId: "x".repeat(300) }), "MessageId"],
  ["[".repeat(100), "nests"],
])("%.60s is no message of SNS, and it is said why", (body, problem) => {
  const result = readSnsMessage(Buffer.from(body));
  expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});

test.each([
  [0, true],
  [3_600_000, true],
  [-240_000, true],
  [4_200_000, false],
  [-600_000, false],
])("sent %d ms ago, a message is timely: %s", (ageMs, timely) => {
  const result = read(NOTIFICATION);
  if (!result.ok) throw new Error(result.problem);
  const sentMs = Date.parse(NOTIFICATION.Timestamp);
  expect(isSnsTimely(result.message, sentMs + ageMs)).toBe(timely);
});

test.each(["", "yesterday", "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z"])(
  "the timestamp %j is never timely",
  (timestamp) => {
    const fields = { ...NOTIFICATION, Timestamp: timestamp };
    const message = { type: "Notification", id: "", topicArn: "", message: "", fields } as const;
    expect(isSnsTimely(message, Date.UTC(2026, 10, 22))).toBe(false);
  },
);
