import { spawn } from "node:child_process";
import path from "node:path";
import { AgainstProblem } from "./problem.ts";

/** One figure of a tree, as its `--json` tells it. */
export interface ToldCase {
  readonly id: string;
  readonly value: number;
}

export interface Tree {
  /** As people call it. */
  readonly name: string;
  readonly directory: string;
}

/** Options that the bench of any tree knows that has `--json`. */
interface Asked {
  readonly name: string;
  readonly quick: boolean;
}

/**
 * Measures a case, or those whose names begin with its name, once, with the sources of a tree.
 *
 * @returns Null when that tree has no such case.
 * @throws {AgainstProblem} When its bench cannot tell figures to a machine, or fails.
 */
export async function runBench(
  { name: tree, directory }: Tree,
  { name, quick }: Asked,
  signal: AbortSignal,
): Promise<readonly ToldCase[] | null> {
  const args = ["--json", ...(quick ? ["--quick"] : []), name];
  const { code, stdout, stderr } = await runMain(directory, args, signal);
  if (stderr.includes("Unknown option '--json'"))
    throw new AgainstProblem(`The bench of ${tree} does not know --json.`);
  if (stderr.includes("No such case: ")) return null;
  if (code !== 0) throw new AgainstProblem(`${name} failed in ${tree}:\n${stderr.trim()}`);
  const told = JSON.parse(stdout) as { readonly cases: readonly ToldCase[] };
  return told.cases;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function runMain(cwd: string, args: readonly string[], signal: AbortSignal): Promise<Ended> {
  const main = path.join("bench", "src", "main.ts");
  const bin = path.join(cwd, "node_modules", ".bin");
  const child = spawn(process.execPath, ["--conditions=@millrace/source", main, ...args], {
    cwd,
    // Both sides measure once a turn, whatever they would do by themselves.
    env: {
      ...process.env,
      PATH: `${bin}${path.delimiter}${process.env["PATH"]}`,
      MILLRACE_BENCH_RUNS: "1",
    },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that what it has started can be ended with it.
    detached: true,
  });
  const { pid } = child;
  const end = (): void => {
    if (pid !== undefined && child.exitCode === null) process.kill(-pid, "SIGINT");
  };
  signal.addEventListener("abort", end, { once: true });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ code, stdout, stderr });
    });
  });
}
