import { fork } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { onTestFinished } from "vitest";
import type { Death } from "./order-messages.ts";

const SCRIPT = path.join(import.meta.dirname, "consume-messages.ts");

/** Starts a consumer that dies at that place, and resolves when it is dead. */
export async function letConsumerDie(
  source: Readonly<Record<string, unknown>>,
  databaseUrl: string,
  death: Death,
): Promise<void> {
  const child = fork(SCRIPT, [JSON.stringify(source), databaseUrl, death], {
    execArgv: ["--conditions=@millrace/source"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (signal !== "SIGKILL") throw new Error("The consumer ended before it came to its place.");
}
