/**
 * A worker in a process of its own: starts when it is told to, says so, and works until it is
 * ended. Asked for its memory, it tells what is resident, in bytes.
 */
import { openBenchDatabase } from "../bench-server.ts";
import { startBenchWorker } from "../bench-worker.ts";
import { diamondOfTen, sleepers } from "./dag-load.ts";

const [databaseUrl = "", redisUrl = "", slots = "", load = ""] = process.argv.slice(2);
const database = await openBenchDatabase(databaseUrl);
const definition = load === "sleepers" ? sleepers : diamondOfTen;
const go = new Promise((resolve) => process.once("message", resolve));
process.send?.("up");
await go;
process.on("message", () => process.send?.(process.memoryUsage.rss()));
await startBenchWorker({
  ...{ database, redisUrl, definition, slots: Number(slots) },
  onRunEnded() {},
  onProblem(error) {
    throw error;
  },
});
process.send?.("ready");
