import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { runTarget, type TargetReport } from "./fuzz/run-target.ts";
import { TARGETS } from "./fuzz/targets/index.ts";

/**
 * `npm run fuzz -- [--inputs 100000] [--only name] [--seed S] [--json]`: gives every parser so
 * many inputs that are nearly right. Exits with 1 when one crashed, stalled for more than 50 ms or
 * broke a law. The same seed gives the same inputs.
 */
const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    only: { type: "string", multiple: true, default: [] },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const inputs = Number(values.inputs);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const unknown = values.only.filter((name) => !TARGETS.some((target) => target.name === name));
if (
  unknown.length > 0 ||
  !Number.isSafeInteger(inputs) ||
  inputs < 1 ||
  !Number.isSafeInteger(seed)
) {
  const known = TARGETS.map(({ name }) => name).join(", ");
  process.stderr.write(`--only takes one of ${known}; --inputs and --seed take whole numbers.\n`);
  process.exitCode = 2;
} else {
  const chosen = TARGETS.filter(
    ({ name }) => values.only.length === 0 || values.only.includes(name),
  );
  const reports: TargetReport[] = [];
  for (const target of chosen) {
    const report = await runTarget(target, { inputs, seed });
    reports.push(report);
    if (!values.json) process.stdout.write(`${lineOf(report)}\n`);
  }
  const failures = reports.filter(({ failure }) => failure !== null);
  if (values.json) process.stdout.write(`${JSON.stringify({ seed, inputs, reports })}\n`);
  else process.stdout.write(`seed ${seed}: ${failures.length} of ${reports.length} failed\n`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function lineOf({ name, inputs: done, inputsPerSecond, slowestMs, failure }: TargetReport): string {
  const figures = `${done} inputs, ${inputsPerSecond}/s, slowest ${slowestMs} ms`;
  return `${failure === null ? "ok  " : "FAIL"} ${name.padEnd(14)} ${figures}${failure === null ? "" : `\n${failure}`}`;
}
