/** `npm run chaos -- --rounds N [--seed S] [--json]`: breaks a real Millrace, and says what held. */
import { parseArgs } from "node:util";
import { resultText } from "./chaos/chaos-result.ts";
import type { FaultRecord } from "./chaos/rounds.ts";
import { runChaos } from "./chaos/run-chaos.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "100" },
    seed: { type: "string" },
    workers: { type: "string", default: "5" },
    "pace-ms": { type: "string", default: "2400" },
    rate: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
  },
});

function whole(name: string, text: string, min: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min) return value;
  console.error(`--${name} is ${text}: give a whole number from ${min} on.`);
  process.exit(2);
}

const seed = values.seed === undefined ? Date.now() % 1_000_000 : whole("seed", values.seed, 0);
const startedAt = Date.now();
const tell = ({ round, kind, what, from }: FaultRecord): void =>
  console.error(`${((from - startedAt) / 1_000).toFixed(1)} s  #${round} ${kind}: ${what}`);

// What it started ends with it, and that takes an end by its own hand.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

console.error(`Seed ${seed}.`);
const result = await runChaos({
  seed,
  rounds: whole("rounds", values.rounds, 1),
  workers: whole("workers", values.workers, 2),
  paceMs: whole("pace-ms", values["pace-ms"], 1),
  rate: whole("rate", values.rate, 1),
  onFault: tell,
});
console.log(values.json ? JSON.stringify(result) : resultText(result));
process.exitCode = result.findings.length === 0 ? 0 : 1;
