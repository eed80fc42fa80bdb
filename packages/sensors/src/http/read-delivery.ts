import { contextOfHeaders } from "../intake/message-context.ts";
import { readCloudEvents } from "./cloudevents/read-cloud-events.ts";
import type { Hook } from "./hook.ts";
import { looseText } from "./read-json.ts";
import { readEventBridge } from "./read-eventbridge.ts";
import { readObjects } from "./read-objects.ts";
import type { Delivery, Reading } from "./reading.ts";
import { readSns, type SnsDeps } from "./sns/read-sns.ts";
import { readWebhook } from "./webhook/read-webhook.ts";

export interface ReadDeps extends SnsDeps {
  readonly batchMax: number;
}

/** What a request to a hook turned out to be, once all of it is there. */
export function readDelivery(
  hook: Hook,
  delivery: Delivery,
  deps: ReadDeps,
): Reading | Promise<Reading> {
  switch (hook.kind) {
    case "sns":
      return readSns(hook, delivery, deps);
    case "eventbridge":
      return readEventBridge(hook, delivery);
    case "minio":
      return readObjects(hook, {
        id: null,
        text: looseText(delivery.bytes),
        nowMs: delivery.nowMs,
        context: contextOfHeaders(delivery.headers),
      });
    case "cloudevents":
      return readCloudEvents(hook, delivery, deps.batchMax);
    case "json":
      return readWebhook(hook, delivery);
  }
}
