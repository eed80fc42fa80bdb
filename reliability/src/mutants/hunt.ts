import { spawn } from "node:child_process";
import type { Mutant } from "./mutant.ts";
import { openWorkshop } from "./workshop.ts";

/** Who caught a mutant, and how. */
export interface Catch {
  readonly mutant: string;
  readonly bug: string;
  /** Null: nobody did. */
  readonly by: "sim" | null;
  /** The invariants that were broken first. */
  readonly invariants: readonly string[];
  readonly seed: number | null;
  /** What was seen, or why nothing was. */
  readonly what: string;
  readonly seconds: number;
}

export interface HuntOptions {
  readonly seeds: number;
  readonly firstSeed: number;
  readonly jobs: number;
}

interface SimReport {
  readonly violations: readonly {
    readonly seed: number;
    readonly invariant: string;
    readonly what: string;
  }[];
}

/** Simulates a copy of the code with the bug in it, until an invariant breaks or the seeds end. */
export async function hunt(mutant: Mutant, options: HuntOptions): Promise<Catch> {
  const startedMs = performance.now();
  const workshop = await openWorkshop(mutant.patches);
  try {
    const { code, stdout, stderr } = await simulate(workshop.directory, options);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    const common = { mutant: mutant.name, bug: mutant.bug, seconds };
    const { violations } = reportIn(stdout, code, stderr);
    const [first] = violations;
    if (first === undefined) {
      const what = `${options.seeds} seeds saw nothing`;
      return { ...common, by: null, invariants: [], seed: null, what };
    }
    const ofSeed = violations.filter(({ seed }) => seed === first.seed);
    const invariants = [...new Set(ofSeed.map(({ invariant }) => invariant))];
    return { ...common, by: "sim", invariants, seed: first.seed, what: first.what };
  } finally {
    await workshop.close();
  }
}

/** A simulation that did not even start would look like one that caught something. */
function reportIn(stdout: string, code: number | null, stderr: string): SimReport {
  try {
    return JSON.parse(stdout) as SimReport;
  } catch {
    throw new Error(`The simulation ended with code ${code} and without a report:\n${stderr}`);
  }
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function simulate(directory: string, { seeds, firstSeed, jobs }: HuntOptions): Promise<Ended> {
  const numbers = ["--seeds", `${seeds}`, "--seed", `${firstSeed}`, "--jobs", `${jobs}`];
  const child = spawn(
    process.execPath,
    [
      "--conditions=@millrace/source",
      "reliability/src/sim-main.ts",
      ...numbers,
      "--bail",
      "--json",
    ],
    { cwd: directory, stdio: ["ignore", "pipe", "pipe"] },
  );
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (texts.stdout += data.toString()));
  child.stderr.on("data", (data: Buffer) => (texts.stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, ...texts }));
  });
}
