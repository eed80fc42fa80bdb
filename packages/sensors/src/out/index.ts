/** What goes out, for the packages that put it together. */
export * from "./alert/alert-channel.ts";
export { type Mail, mailAlert, type MailEnvelope, type MailTransport } from "./alert/mail-alert.ts";
export { toMailText } from "./alert/mail-text.ts";
export * from "./cloud/cloud-event.ts";
export { type HttpMessage, toBatch, toBinary, toStructured } from "./cloud/http-binding.ts";
export * from "./lineage/lineage-event.ts";
export * from "./lineage/lineage-event-types.ts";
export * from "./lineage/lineage-id.ts";
export type * from "./lineage/lineage-input.ts";
export * from "./lineage/lineage-name.ts";
export * from "./out-forms.ts";
export { boundedSend } from "./webhook/bounded-send.ts";
export { afterAnswer, nextDelivery, WEBHOOK_POLICY } from "./webhook/decide-delivery.ts";
export type { DeliveryPolicy, Lane } from "./webhook/delivery.ts";
export type { OutSend } from "./webhook/out-http.ts";
export { type OutTarget, targetProblems, TIMEOUT_MS } from "./webhook/out-target.ts";
export { type OutboxDeps, type OutProblem, sendOutbox } from "./webhook/send-outbox.ts";
export { secretProblem, signWebhook } from "./webhook/sign-webhook.ts";
