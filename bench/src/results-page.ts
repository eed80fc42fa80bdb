import { mkdir, writeFile } from "node:fs/promises";
import { arch, cpus, platform, totalmem } from "node:os";
import { CASES } from "./cases.ts";
import { type Chart, chartsOf } from "./charts.ts";
import type { RepeatedResult } from "./repeated.ts";
import { linesOf } from "./result-text.ts";
import { type KeptResult, loadResults, saveResults } from "./results-store.ts";
import { resultsTable } from "./results-table.ts";

const PAGE = new URL("../RESULTS.md", import.meta.url);
const CHARTS = new URL("../charts/", import.meta.url);

const HEAD = `# Results

Made by \`npm run bench\`, which [README.md](README.md) explains. A ratio is our time divided by the baseline's, both measured by turns in one run: the median, and the quartiles in brackets. Of all figures less is better. Times are of the machine named; they do not travel.
`;

/** Puts results on the page; what it says of cases that were not measured now stays as it is. */
export async function writeResultsPage(results: readonly RepeatedResult[]): Promise<void> {
  const machine = describeMachine();
  const measured = Object.fromEntries(results.map((result) => [result.name, { machine, result }]));
  const all = { ...(await loadResults()), ...measured };
  const known = CASES.flatMap(({ name }) => all[name] ?? []);
  await saveResults(Object.fromEntries(known.map((kept) => [kept.result.name, kept])));
  const charts = chartsOf(known.map(({ result }) => result));
  await mkdir(CHARTS, { recursive: true });
  for (const { name, svg } of charts) await writeFile(new URL(`${name}.svg`, CHARTS), svg);
  await writeFile(PAGE, toPage(known, charts));
}

/** The table of all, the charts, and a section for each. */
export function toPage(kept: readonly KeptResult[], charts: readonly Chart[]): string {
  const table = resultsTable(kept.map(({ result }) => result));
  const images = charts.map(({ name, title }) => `![${title}](charts/${name}.svg)\n`);
  return [HEAD, `${table}\n`, ...images, ...kept.map(toSection)].join("\n");
}

function toSection({ result, machine }: KeptResult): string {
  const lines = [...linesOf(result), `machine: ${machine}`].map((line) => `- ${line}`);
  return `## ${result.name}\n\n${result.title}.\n\n${lines.join("\n")}\n`;
}

/** In words, and without its name. */
function describeMachine(): string {
  const cores = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const day = new Date().toISOString().slice(0, 10);
  return [
    `${cores.length} cores (${cores[0]?.model.trim() ?? "unknown"}), ${gigabytes} GB`,
    `${platform()} ${arch()}, Node ${process.versions.node}, ${day}`,
  ].join(", ");
}
