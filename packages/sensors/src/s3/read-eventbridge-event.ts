import { isRecord } from "@millrace/core/internal";
import { quote } from "./read-direct-record.ts";
import { ignored, poison, type ReadRecord, toRecord } from "./s3-record.ts";

/** Detail types that say nothing about the bytes of an object. */
const IRRELEVANT = new Set([
  "Object ACL Updated",
  "Object Access Tier Changed",
  "Object Restore Completed",
  "Object Restore Expired",
  "Object Restore Initiated",
  "Object Storage Class Changed",
  "Object Tags Added",
  "Object Tags Deleted",
]);

/** An event as EventBridge sends it. Its keys are not encoded. */
export function readEventBridgeEvent(event: Record<string, unknown>): ReadRecord {
  const type = event["detail-type"];
  if (event["source"] !== "aws.s3" || typeof type !== "string")
    return poison("an EventBridge event does not come from aws.s3");
  if (IRRELEVANT.has(type)) return ignored(`${type} changes no object`);
  if (type !== "Object Created" && type !== "Object Deleted")
    return poison(`${quote(type)} is no event that Millrace knows`);
  const detail = isRecord(event["detail"]) ? event["detail"] : {};
  const bucket = isRecord(detail["bucket"]) ? detail["bucket"] : {};
  const object = isRecord(detail["object"]) ? detail["object"] : {};
  const read = toRecord({
    kind: type === "Object Created" ? "changed" : "removed",
    event: type,
    bucket: bucket["name"],
    key: object["key"],
    etag: object["etag"],
    bytes: object["size"],
    versionId: object["version-id"],
    sequencer: object["sequencer"],
    at: event["time"],
    requestId: detail["request-id"],
  });
  const isForGood = detail["deletion-type"] === "Permanently Deleted";
  if (read.type === "object" && isForGood && read.record.versionId !== null)
    return ignored(`${type} deletes one version for good, not the object`);
  return read;
}
