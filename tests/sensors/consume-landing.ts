import { once } from "node:events";
import { flushCompileCache } from "node:module";
import { s3EventSource, type S3EventSourceOptions } from "@millrace/sensors";
import { startConsumer } from "./landing.ts";

/**
 * Consumes from when it is told to until it is killed: what it takes to start is not to be waited
 * for then. Its arguments: the source's options, and where the database is.
 */
const [, , options = "", databaseUrl = ""] = process.argv;
// A consumer whose parent is gone has nobody to kill it.
process.on("disconnect", () => process.exit());
const told = once(process, "message");
// Who is killed keeps nothing for the next.
flushCompileCache();
process.send?.("loaded");
await told;
startConsumer(s3EventSource(JSON.parse(options) as S3EventSourceOptions), databaseUrl);
