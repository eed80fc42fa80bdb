import type { MessageMapping } from "./message-mapping.ts";

/** One address that outside systems post to, and what their messages become. */
export type Hook = SnsHook | EventBridgeHook | MinioHook | CloudEventsHook | WebhookHook;

/** What a caller shows so that it is let in. */
export interface HookAccess {
  /**
   * Secrets, each as good as the others, so that they can be rotated. One of them must come as
   * `Authorization: Bearer …`, as the password of basic authentication, or as the whole header.
   */
  readonly tokens?: readonly string[];
  /** Another header that may carry the token alone, such as EventBridge's `x-api-key`. */
  readonly tokenHeader?: string;
  /** The user of basic authentication; absent: any. */
  readonly user?: string;
}

interface HookBase extends HookAccess {
  /** The last part of its address. */
  readonly name: string;
}

/** An HTTP subscription of Amazon SNS. Its signature lets a message in; a token is asked besides. */
export interface SnsHook extends HookBase {
  readonly kind: "sns";
  /** ARNs. Only their messages are taken, and only their subscriptions confirmed. */
  readonly topics: readonly string[];
  readonly becomes: "objects" | MessageMapping;
}

/** An API destination of Amazon EventBridge. */
export interface EventBridgeHook extends HookBase {
  readonly kind: "eventbridge";
  readonly becomes: "objects" | MessageMapping;
}

/** A webhook target of MinIO, whose `auth_token` is one of the tokens. */
export interface MinioHook extends HookBase {
  readonly kind: "minio";
}

/** CloudEvents 1.0, binary, structured or in batches. */
export interface CloudEventsHook extends HookBase {
  readonly kind: "cloudevents";
  /** The first rule that fits an event says what it becomes. */
  readonly rules: readonly CloudEventRule[];
}

export interface CloudEventRule {
  /** The `type` it fits; `*` at the end stands for any rest. */
  readonly type: string;
  /** The `source` it fits, in the same way; absent: any. */
  readonly source?: string;
  readonly becomes: MessageMapping;
}

/** JSON, signed as Standard Webhooks has it. */
export interface WebhookHook extends HookBase {
  readonly kind: "json";
  /** `whsec_` and base64 of 24 to 64 bytes; each is as good as the others. */
  readonly secrets: readonly string[];
  readonly becomes: MessageMapping;
}
