import { RESERVED_PREFIX } from "@millrace/core/internal";
import type { Hook } from "./hook.ts";
import { pointerProblem } from "./json-pointer.ts";
import type { MappedText, MessageMapping } from "./message-mapping.ts";
import { webhookSecretProblem } from "./webhook/verify-webhook.ts";

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
export const TOKEN_LENGTH_MIN = 16;
/** A field name of HTTP (RFC 9110). */
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;
const SECRETS_MAX = 8;
const TOPIC = /^arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?$/;

/** What is wrong with hooks, in sentences that never show a secret; empty when all is well. */
export function hookProblems(hooks: readonly Hook[]): readonly string[] {
  const names = hooks.map(({ name }) => name);
  const twice = names.filter((name, at) => names.indexOf(name) !== at);
  return [
    ...[...new Set(twice)].map((name) => `There are two hooks ${name}; rename one.`),
    ...hooks.flatMap((hook) =>
      problemsOf(hook).map((problem) => `Hook ${JSON.stringify(hook.name)}: ${problem}.`),
    ),
  ];
}

function problemsOf(hook: Hook): readonly string[] {
  return [
    ...(NAME.test(hook.name)
      ? []
      : [`its name must be 1 to 63 lower-case letters, digits, ".", "_" and "-"`]),
    ...accessProblems(hook),
    ...mappingsOf(hook).flatMap(mappingProblems),
  ];
}

/** A hook that lets everybody in is a mistake. */
function accessProblems(hook: Hook): readonly string[] {
  const tokens = hook.tokens ?? [];
  const problems = tokens.some((token) => token.length < TOKEN_LENGTH_MIN)
    ? [`a token has less than ${TOKEN_LENGTH_MIN} characters; make longer ones by chance`]
    : [];
  if (tokens.length > SECRETS_MAX) problems.push(`it has more than ${SECRETS_MAX} tokens`);
  if (hook.tokenHeader !== undefined && !HEADER.test(hook.tokenHeader))
    problems.push("its tokenHeader is no name of a header; write it like x-api-key");
  if (hook.user?.includes(":") === true)
    problems.push("its user has a colon, which ends the user in basic authentication");
  switch (hook.kind) {
    case "sns":
      return [...problems, ...topicProblems(hook.topics)];
    case "json":
      return [...problems, ...secretProblems(hook.secrets)];
    case "eventbridge":
    case "minio":
    case "cloudevents":
      return tokens.length > 0 ? problems : ["it needs a token, or anybody could post to it"];
  }
}

function topicProblems(topics: readonly string[]): readonly string[] {
  if (topics.length === 0) return ["it names no topic; give the ARNs that it takes"];
  return topics
    .filter((topic) => !TOPIC.test(topic))
    .map((topic) => `${JSON.stringify(topic)} is no ARN of an SNS topic`);
}

function secretProblems(secrets: readonly string[]): readonly string[] {
  if (secrets.length === 0) return ["it has no secret; give one, as whsec_ and base64"];
  if (secrets.length > SECRETS_MAX) return [`it has more than ${SECRETS_MAX} secrets`];
  return secrets.flatMap((secret, at) => {
    const problem = webhookSecretProblem(secret);
    return problem === null ? [] : [`secret ${at + 1} ${problem}`];
  });
}

function mappingsOf(hook: Hook): readonly MessageMapping[] {
  if (hook.kind === "minio") return [];
  if (hook.kind === "cloudevents") return hook.rules.map(({ becomes }) => becomes);
  return hook.becomes === "objects" ? [] : [hook.becomes];
}

/** What is wrong with a mapping, in parts of sentences. */
export function mappingProblems(mapping: MessageMapping): readonly string[] {
  if (mapping.type === "event") {
    const isReserved = typeof mapping.name === "string" && mapping.name.startsWith(RESERVED_PREFIX);
    return [
      ...(isReserved ? [`events that begin with ${RESERVED_PREFIX} are Millrace's own`] : []),
      ...pointersOf([mapping.name], mapping.data),
    ];
  }
  const { dataset, partition = {}, uri, contentVersion, metadata, removed } = mapping;
  const isOpen = typeof dataset !== "string" && dataset.oneOf === undefined;
  const texts = [dataset, uri, contentVersion, ...Object.values(partition)];
  return [
    ...(isOpen ? ["a dataset that the message names needs oneOf, the datasets it may name"] : []),
    ...pointersOf(texts, metadata, removed?.at),
  ];
}

function pointersOf(
  texts: readonly (MappedText | undefined)[],
  ...more: readonly (string | undefined)[]
): readonly string[] {
  const places = texts.map((text) => (typeof text === "object" ? text.at : undefined));
  return [...places, ...more].flatMap((pointer) => {
    const problem = pointer === undefined ? null : pointerProblem(pointer);
    return problem === null ? [] : [`the pointer ${JSON.stringify(pointer)} ${problem}`];
  });
}
