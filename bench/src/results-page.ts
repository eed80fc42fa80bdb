import { readFile, writeFile } from "node:fs/promises";
import { arch, cpus, platform, totalmem } from "node:os";
import { CASES } from "./cases.ts";
import type { CaseResult } from "./harness.ts";
import { linesOf } from "./result-text.ts";

const PAGE = new URL("../RESULTS.md", import.meta.url);

const HEAD = `# Results

Made by \`npm run bench -- --page\`. A ratio is our time divided by the baseline's, both measured by turns in one run: the median, and the quartiles in brackets. Times are of the machine named; they do not travel.
`;

/** Puts results on the page; sections of cases that were not measured now stay as they are. */
export async function writeResultsPage(results: readonly CaseResult[]): Promise<void> {
  const before = await readFile(PAGE, "utf8").catch(() => "");
  const machine = describeMachine();
  const measured = new Map(results.map((result) => [result.name, toSection(result, machine)]));
  const sections = new Map([...sectionsOf(before), ...measured]);
  const known = CASES.flatMap(({ name }) => sections.get(name) ?? []);
  await writeFile(PAGE, [HEAD, ...known].join("\n"));
}

function toSection(result: CaseResult, machine: string): string {
  const lines = [...linesOf(result), `machine: ${machine}`].map((line) => `- ${line}`);
  return `## ${result.name}\n\n${result.title}.\n\n${lines.join("\n")}\n`;
}

function sectionsOf(page: string): readonly (readonly [string, string])[] {
  const [, ...sections] = page.split(/^## /m);
  return sections.map((text) => [text.slice(0, text.indexOf("\n")), `## ${text.trimEnd()}\n`]);
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
