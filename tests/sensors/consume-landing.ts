import { s3EventSource, type S3EventSourceOptions } from "@millrace/sensors";
import { startConsumer } from "./landing.ts";

/** Consumes until it is killed. Its arguments: the source's options, and where the database is. */
const [, , options = "", databaseUrl = ""] = process.argv;
const { running } = startConsumer(
  s3EventSource(JSON.parse(options) as S3EventSourceOptions),
  databaseUrl,
);
// A consumer whose parent is gone has nobody to kill it.
process.on("disconnect", () => process.exit());
process.send?.(running.health().state);
