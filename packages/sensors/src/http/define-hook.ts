import { definitionInvalid } from "@millrace/core/internal";
import { TOKEN_LENGTH_MIN, hookProblems } from "./check-hooks.ts";
import type {
  CloudEventsHook,
  EventBridgeHook,
  Hook,
  HookAccess,
  MinioHook,
  SnsHook,
  WebhookHook,
} from "./hook.ts";

/** Marks what the functions below declared, also across duplicate installs of this package. */
const HOOK: unique symbol = Symbol.for("millrace.hook") as never;

/**
 * A hook as code declares it. Its `tokens` and `secrets` are names of environment variables, and
 * no secret is in it: `millrace intake` reads them when it starts.
 */
export type HookDefinition = Hook & { readonly [HOOK]: true };

type Declared<H extends Hook> = Omit<H, "kind">;
/** Of these kinds the tokens are all that keeps others out. */
type WithTokens<H extends Hook> = Declared<H> & Required<Pick<HookAccess, "tokens">>;

/**
 * Takes what Amazon SNS posts to an HTTP subscription. Messages are let in by their signature and
 * topic; `tokens`, names of environment variables, are asked besides.
 *
 * @throws {DEFINITION_INVALID} When a topic is no ARN, or an option does not fit.
 * @example
 * export const landing = snsHook({
 *   name: "landing",
 *   topics: ["arn:aws:sns:eu-central-1:111122223333:landing"],
 *   becomes: "objects",
 * });
 */
export function snsHook(options: Declared<SnsHook>): HookDefinition {
  return define({ ...options, kind: "sns" });
}

/**
 * Takes what a rule of Amazon EventBridge posts through an API destination.
 *
 * @throws {DEFINITION_INVALID} When it has no token, or an option does not fit.
 * @example
 * export const bus = eventBridgeHook({
 *   name: "bus",
 *   tokens: ["BUS_API_KEY"],
 *   tokenHeader: "x-api-key",
 *   becomes: "objects",
 * });
 */
export function eventBridgeHook(options: WithTokens<EventBridgeHook>): HookDefinition {
  return define({ ...options, kind: "eventbridge" });
}

/**
 * Takes what a webhook target of MinIO posts. Its objects become updates of the datasets whose
 * URI they fit.
 *
 * @throws {DEFINITION_INVALID} When it has no token, or an option does not fit.
 * @example
 * export const lake = minioHook({ name: "lake", tokens: ["LAKE_TOKEN"] });
 */
export function minioHook(options: WithTokens<MinioHook>): HookDefinition {
  return define({ ...options, kind: "minio" });
}

/**
 * Takes CloudEvents 1.0. The first rule that fits an event says what it becomes.
 *
 * @throws {DEFINITION_INVALID} When it has no token, or an option does not fit.
 * @example
 * export const warehouse = cloudEventsHook({
 *   name: "warehouse",
 *   tokens: ["WAREHOUSE_TOKEN"],
 *   rules: [{ type: "com.acme.*", becomes: { type: "event", name: { at: "/type" }, data: "/data" } }],
 * });
 */
export function cloudEventsHook(options: WithTokens<CloudEventsHook>): HookDefinition {
  return define({ ...options, kind: "cloudevents" });
}

/**
 * Takes JSON that is signed as Standard Webhooks has it. `secrets` are names of environment
 * variables; each is as good as the others, so that a second one rotates the first.
 *
 * @throws {DEFINITION_INVALID} When it has no secret, or an option does not fit.
 * @example
 * export const orders = jsonHook({
 *   name: "orders",
 *   secrets: ["ORDERS_SECRET"],
 *   becomes: { type: "update", dataset: "shop/orders", partition: { day: { at: "/day" } } },
 * });
 */
export function jsonHook(options: Declared<WebhookHook>): HookDefinition {
  return define({ ...options, kind: "json" });
}

/** True for what the functions above return. */
export function isHook(value: unknown): value is HookDefinition {
  return typeof value === "object" && value !== null && HOOK in value;
}

/** What is wrong with hooks together and alone, in sentences; empty when all is well. */
export function hookDefinitionProblems(hooks: readonly Hook[]): readonly string[] {
  return [
    ...hookProblems(hooks.map(withStandIns)),
    ...hooks.flatMap((hook) =>
      variablesOf(hook)
        .filter((name) => !VARIABLE.test(name))
        // Not repeated: it may be the secret itself.
        .map(
          () =>
            `Hook ${JSON.stringify(hook.name)}: tokens and secrets are names of environment variables such as "ORDERS_SECRET"; one is no such name.`,
        ),
    ),
  ];
}

/** As orchestrators and shells take them. */
const VARIABLE = /^[A-Z_][A-Z0-9_]{0,127}$/;
const STAND_IN = { token: "t".repeat(TOKEN_LENGTH_MIN), secret: `whsec_${"A".repeat(32)}` };

function define(hook: Hook): HookDefinition {
  const problems = hookDefinitionProblems([hook]);
  if (problems.length > 0) throw definitionInvalid(problems);
  return Object.freeze({ ...hook, [HOOK]: true as const });
}

/** The hook as it is once its secrets are read, so that one check serves both. */
function withStandIns(hook: Hook): Hook {
  const tokens = hook.tokens?.map(() => STAND_IN.token);
  const access = tokens === undefined ? {} : { tokens };
  if (hook.kind !== "json") return { ...hook, ...access };
  return { ...hook, ...access, secrets: hook.secrets.map(() => STAND_IN.secret) };
}

function variablesOf(hook: Hook): readonly string[] {
  return [...(hook.tokens ?? []), ...(hook.kind === "json" ? hook.secrets : [])];
}
