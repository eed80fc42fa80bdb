import { expect, test } from "vitest";
import { hookProblems } from "./check-hooks.ts";
import type { Hook } from "./hook.ts";

const TOKENS = ["a-token-made-by-chance"];
const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOPIC = "arn:aws:sns:us-west-2:123456789012:MyTopic";
const MAPPING = { type: "event", name: { at: "/type" } } as const;

test("hooks that are as they should be have no problems", () => {
  const hooks: readonly Hook[] = [
    { name: "lake", kind: "sns", topics: [TOPIC], becomes: "objects" },
    { name: "bus", kind: "eventbridge", tokens: TOKENS, tokenHeader: "x-key", becomes: "objects" },
    { name: "minio", kind: "minio", tokens: TOKENS },
    { name: "ce", kind: "cloudevents", tokens: TOKENS, rules: [{ type: "*", becomes: MAPPING }] },
    { name: "crm", kind: "json", secrets: [SECRET], becomes: MAPPING },
  ];
  expect(hookProblems(hooks)).toEqual([]);
});

test.each<[string, Hook]>([
  ["its name", { name: "No Name", kind: "minio", tokens: TOKENS }],
  ["its name", { name: "a/b", kind: "minio", tokens: TOKENS }],
  ["needs a token", { name: "x", kind: "minio" }],
  ["needs a token", { name: "x", kind: "minio", tokens: [] }],
  ["needs a token", { name: "x", kind: "eventbridge", becomes: "objects" }],
  ["needs a token", { name: "x", kind: "cloudevents", rules: [] }],
  ["16 characters", { name: "x", kind: "minio", tokens: ["short"] }],
  ["more than 8 tokens", { name: "x", kind: "minio", tokens: Array(9).fill(TOKENS[0]) }],
  ["names no topic", { name: "x", kind: "sns", topics: [], becomes: "objects" }],
  ["is no ARN", { name: "x", kind: "sns", topics: ["*"], becomes: "objects" }],
  ["no secret", { name: "x", kind: "json", secrets: [], becomes: MAPPING }],
  ["secret 1 is not", { name: "x", kind: "json", secrets: ["hunter2"], becomes: MAPPING }],
  [
    "more than 8 secrets",
    { name: "x", kind: "json", secrets: Array(9).fill(SECRET), becomes: MAPPING },
  ],
  [
    'the pointer "type"',
    {
      name: "x",
      kind: "json",
      secrets: [SECRET],
      becomes: { type: "event", name: { at: "type" } },
    },
  ],
  [
    "Millrace's own",
    { name: "x", kind: "json", secrets: [SECRET], becomes: { type: "event", name: "millrace.x" } },
  ],
  [
    "needs oneOf",
    {
      name: "x",
      kind: "json",
      secrets: [SECRET],
      becomes: { type: "update", dataset: { at: "/dataset" } },
    },
  ],
  [
    'the pointer "day"',
    {
      name: "x",
      kind: "json",
      secrets: [SECRET],
      becomes: { type: "update", dataset: "ops/raw", partition: { day: { at: "day" } } },
    },
  ],
])("%s is said of %j", (problem, hook) => {
  const problems = hookProblems([hook]);
  expect(problems).toEqual([expect.stringContaining(problem)]);
  expect(problems.join()).not.toContain("hunter2");
});

test("two hooks cannot have one name", () => {
  const hook: Hook = { name: "x", kind: "minio", tokens: TOKENS };
  expect(hookProblems([hook, hook])).toEqual(["There are two hooks x; rename one."]);
});
