import { MillraceError } from "@millrace/core/internal";
import fc from "fast-check";
import { Broken, type FuzzTarget } from "./fuzz-target.ts";

/** What came of one target. */
export interface TargetReport {
  readonly name: string;
  readonly inputs: number;
  readonly inputsPerSecond: number;
  readonly slowestMs: number;
  readonly seed: number;
  /** Null when all held; else what did not, for which input, and how to see it again. */
  readonly failure: string | null;
}

/** No input may keep the process busy for longer. */
const INPUT_MS_MAX = 50;
const TRIES = 3;
const SHOWN_LENGTH_MAX = 1_000;

/** The objects that everything inherits from, and the members that each has. */
const INHERITED = [Object, Array, String, Function, Map].map(
  ({ prototype }: { prototype: object }) => ({
    prototype,
    keys: new Set(Reflect.ownKeys(prototype)),
  }),
);

/**
 * Gives a target its inputs. Each is answered with a value or a `MillraceError` that has a code
 * and words, within 50 ms, and leaves what objects inherit as it was. The first input that is not
 * is made as small as it can be.
 */
export async function runTarget(
  target: FuzzTarget,
  options: { readonly inputs: number; readonly seed: number },
): Promise<TargetReport> {
  const { seed } = options;
  const inputs = Math.max(1, Math.round(options.inputs * (target.share ?? 1)));
  let [slowestMs, done] = [0, 0];
  const property = fc.asyncProperty(target.inputs, async (input) => {
    const tookMs = await tryOne(target, input);
    slowestMs = Math.max(slowestMs, tookMs);
    done += 1;
  });
  const begun = performance.now();
  const result = await fc.check(property, { numRuns: inputs, seed });
  const seconds = (performance.now() - begun) / 1_000;
  const { counterexample, errorInstance } = result;
  return {
    name: target.name,
    inputs: done,
    inputsPerSecond: Math.round(done / seconds),
    slowestMs: Number(slowestMs.toFixed(1)),
    seed,
    failure: result.failed ? failureOf(errorInstance, counterexample) : null,
  };
}

/** @returns Milliseconds that it took. @throws {Broken} When it is not as it has to be. */
async function tryOne(target: FuzzTarget, input: unknown): Promise<number> {
  const tookMs = await timed(target, input);
  for (const { prototype, keys } of INHERITED) assertUnchanged(prototype, keys);
  if (tookMs <= INPUT_MS_MAX) return tookMs;
  // Again, by the time that this thread had: what other processes took is not its fault.
  const tries: number[] = [];
  while (tries.length < TRIES) tries.push(await cpuTimed(target, input));
  const [, median = tookMs] = tries.toSorted((a, b) => a - b);
  if (median > INPUT_MS_MAX) throw new Broken(`it took ${median.toFixed(1)} ms`);
  return median;
}

async function timed(target: FuzzTarget, input: unknown): Promise<number> {
  const begun = performance.now();
  try {
    const answer = target.probe(input);
    if (answer !== undefined) await answer;
  } catch (error) {
    assertExpected(error);
  }
  return performance.now() - begun;
}

async function cpuTimed(target: FuzzTarget, input: unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await timed(target, input);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

/** What was added is taken away, so that no other input is blamed for it. */
function assertUnchanged(prototype: object, keys: ReadonlySet<string | symbol>): void {
  const now = Reflect.ownKeys(prototype);
  if (now.length === keys.size) return;
  for (const key of now) if (!keys.has(key)) Reflect.deleteProperty(prototype, key);
  throw new Broken("a prototype was changed");
}

/** A refusal has a code and words. Whatever else is thrown is a crash. */
function assertExpected(error: unknown): void {
  if (!MillraceError.is(error)) throw error;
  if (error.message.trim() === "") throw new Broken(`${error.code} without words`);
}

function failureOf(error: unknown, counterexample: readonly unknown[] | null): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [input] = counterexample ?? [];
  return `for ${JSON.stringify(input)?.slice(0, SHOWN_LENGTH_MAX)}:\n${what}`;
}
