import { parseArgs } from "node:util";
import { catchUp, drainBacklog, type LaggingResult } from "./soak/lagging.ts";
import { KEPT_ACTIVE_MAX, LAGGING_BATCH } from "./soak/project.ts";
import { soakSteadily, type SteadyResult } from "./soak/steady.ts";

/**
 * `npm run soak -- [--minutes M] [--rate R] [--paused N] [--backlog N] [--json]`: a steady load with
 * a minute's retention; a consumer that was paused for a week while N updates came; a backlog of N
 * updates that nobody evaluated. Results go to stdout, progress to stderr; it fails when a table
 * grows, or an update is lost or consumed twice.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    rate: { type: "string", default: "50" },
    paused: { type: "string" },
    backlog: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const tellLeft = (left: number): void => say(`${left} to go`);
const result: { steady?: SteadyResult; paused?: LaggingResult; backlog?: LaggingResult } = {};
const problems: string[] = [];

if (values.paused !== undefined) {
  result.paused = await catchUp(wholeBatches(values.paused), tellLeft);
  if (result.paused.activeMax > KEPT_ACTIVE_MAX) problems.push("more runs than may be active");
}
if (values.backlog !== undefined) {
  result.backlog = await drainBacklog(wholeBatches(values.backlog), tellLeft);
}
for (const lagging of [result.paused, result.backlog]) {
  if (lagging !== undefined && lagging.lost + lagging.doubled > 0) {
    problems.push(`${lagging.lost} updates lost, ${lagging.doubled} doubled`);
  }
}
if (values.minutes !== undefined || (!values.paused && !values.backlog)) {
  const minutes = Number(values.minutes ?? "3");
  result.steady = await soakSteadily({ minutes, rate: Number(values.rate) }, (sample) => {
    const rows = Object.values(sample.rows).reduce((sum, each) => sum + each);
    say(
      `${sample.atS} s: ${rows} rows, ${sample.deadTuples} dead, ${sample.databaseMb} MB, ` +
        `claims ${sample.claimP50Ms} / ${sample.claimP99Ms} ms (${sample.claimed}), ` +
        `${sample.rssMb} MB RSS`,
    );
  });
  const { growing } = result.steady.verdict;
  if (growing.length > 0) problems.push(`these tables grow: ${growing.join(", ")}`);
}

if (values.json) process.stdout.write(`${JSON.stringify({ ...result, problems })}\n`);
else process.stdout.write(`${JSON.stringify({ ...result, problems }, withoutSamples, 2)}\n`);
for (const problem of problems) say(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

function wholeBatches(count: string): number {
  return Math.ceil(Number(count) / LAGGING_BATCH) * LAGGING_BATCH;
}

function withoutSamples(key: string, value: unknown): unknown {
  return key === "samples" ? undefined : value;
}
