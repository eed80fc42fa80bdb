import { parseArgs } from "node:util";
import { CASES } from "./cases.ts";
import { chooseCases, unknownOf } from "./choose-cases.ts";
import { type CaseResult, measure, verdictOf } from "./harness.ts";
import { writeResultsPage } from "./results-page.ts";
import { toText } from "./result-text.ts";

/**
 * `npm run bench -- [--quick] [--json] [--page] [--peer name]… [case or group…]`: measures those
 * cases, those beside these peers, or all; a run that names none leaves out the peers that take
 * minutes to set up, and a quick one the long cases. Results go to stdout, progress to stderr;
 * `--page` writes them to RESULTS.md as well, beside those of cases that were measured before.
 * Ratios compare within one run; times do not travel.
 * With `--json` there is `{ quick, cases: [{ id, value, goal, ok }] }`, each with all else that is
 * known of it: the value meets its goal when it is not above.
 */
const { values, positionals } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    page: { type: "boolean", default: false },
    peer: { type: "string", multiple: true, default: [] },
  },
  allowPositionals: true,
});

const asked = { names: positionals, peers: values.peer, quick: values.quick };
const unknown = unknownOf(CASES, asked);
if (unknown.length > 0 || (values.page && values.quick)) {
  const known = CASES.map(({ name }) => name).join(", ");
  const problem =
    unknown.length > 0
      ? `No such case: ${unknown.join(", ")}. There are: ${known}.`
      : "A quick run says too little for the page: leave out --quick or --page.";
  process.stderr.write(`${problem}\n`);
  process.exitCode = 2;
} else {
  const chosen = chooseCases(CASES, asked);
  const results: CaseResult[] = [];
  for (const bench of chosen) {
    process.stderr.write(`measuring ${bench.name}…\n`);
    const result = await measure(bench, values.quick);
    results.push(result);
    if (values.page) await writeResultsPage([result]);
    if (!values.json) process.stdout.write(`${toText(result)}\n`);
  }
  const cases = results.map((result) => ({ ...result, id: result.name, ...verdictOf(result) }));
  if (values.json) process.stdout.write(`${JSON.stringify({ quick: values.quick, cases })}\n`);
}
