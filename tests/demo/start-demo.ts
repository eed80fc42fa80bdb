import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const Result = z.strictObject({
  objects: z.array(z.object({ uri: z.string(), bytes: z.number() })),
  updates: z.array(z.object({ dataset: z.string(), partition: z.string(), source: z.string() })),
  runs: z.array(
    z.object({
      pipeline: z.string(),
      partition: z.string(),
      state: z.string(),
      cause: z.string(),
    }),
  ),
  outputs: z.array(z.string()),
  elapsedMs: z.number(),
});

export interface DemoEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout. */
  result(): z.infer<typeof Result>;
}

const MAIN = fileURLToPath(new URL("../../examples/flights/src/demo.ts", import.meta.url));

/** Starts the demo as `npm run demo -- …` does, and waits for its end. */
export async function startDemo(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<DemoEnd> {
  const child = spawn(process.execPath, ["--conditions=@millrace/source", MAIN, ...args], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr, result: () => Result.parse(JSON.parse(stdout)) };
}
