import { parseArgs } from "node:util";
import { CASES } from "./cases.ts";
import { type BenchResult, measure, type Timing } from "./harness.ts";

/**
 * `npm run bench -- [--quick] [--json] [case…]`: measures the named cases, or all of them.
 * Results go to stdout, progress to stderr. Ratios compare within one run; times do not travel.
 */
const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const unknown = positionals.filter((name) => !CASES.some((bench) => bench.name === name));
if (unknown.length > 0) {
  const known = CASES.map(({ name }) => name).join(", ");
  process.stderr.write(`No such case: ${unknown.join(", ")}. There are: ${known}.\n`);
  process.exitCode = 2;
} else {
  const chosen = CASES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const results: BenchResult[] = [];
  for (const bench of chosen) {
    process.stderr.write(`measuring ${bench.name}…\n`);
    const result = await measure(bench, values.quick);
    results.push(result);
    if (!values.json) process.stdout.write(`${toText(result)}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ quick: values.quick, results })}\n`);
}

function toText({ name, load, ours, baseline, ratio, ratioGoal }: BenchResult): string {
  const goal = ratioGoal === null ? "" : ` (goal: at most ${ratioGoal})`;
  return [
    `${name}: ${load}`,
    `  ours      ${timing(ours)}`,
    `  baseline  ${timing(baseline)}`,
    `  ratio     ${ratio.toFixed(2)}${goal}`,
  ].join("\n");
}

function timing({ medianMs, spreadMs: [low, high] }: Timing): string {
  return `${medianMs.toFixed(1)} ms (${low.toFixed(1)} to ${high.toFixed(1)})`;
}
