import { appendFile } from "node:fs/promises";
import type { OutMessage } from "@millrace/core/internal";
import type { CloudEvent } from "./cloud/cloud-event.ts";
import { toBinary, toStructured } from "./cloud/http-binding.ts";
import type { LineageDatasetEvent, LineageRunEvent } from "./lineage/lineage-event.ts";

type LineageEvent = LineageRunEvent | LineageDatasetEvent;

/** A CloudEvent as a message for the outbox. */
export function cloudEventMessage(event: CloudEvent, mode: "structured" | "binary"): OutMessage {
  const { headers, body } = mode === "binary" ? toBinary(event) : toStructured(event);
  const { "content-type": contentType = "application/json", ...rest } = headers;
  return { contentType, headers: rest, body };
}

/** An OpenLineage event as a message for the outbox; collectors take them one by one. */
export function lineageMessage(event: LineageEvent): OutMessage {
  return { contentType: "application/json", headers: {}, body: JSON.stringify(event) };
}

/** Where a collector such as Marquez takes events, as OpenLineage's own HTTP transport asks for. */
export function lineageUrl(collector: string): string {
  return `${collector.replace(/\/+$/, "")}/api/v1/lineage`;
}

/** Appends events to a file, one on a line; those of one call stand together. */
export async function appendLineage(file: string, events: readonly LineageEvent[]): Promise<void> {
  if (events.length === 0) return;
  await appendFile(file, events.map((event) => `${JSON.stringify(event)}\n`).join(""), "utf8");
}
