import { checkGraph, definitionInvalid, type PipelineSpec } from "@millrace/core/internal";
import { Command, Option } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toGraphJson } from "../graph/graph-json.ts";
import { toMermaid } from "../graph/graph-mermaid.ts";
import { toGraphText } from "../graph/graph-text.ts";
import { parseSelection, selectSpecs } from "../graph/selection.ts";
import { wholeNumber } from "../input/number-input.ts";
import { collect } from "../input/pairs.ts";
import { specsOf } from "../project/check-projects.ts";
import { loadProject } from "../project/load-project.ts";
import { withStore } from "../with-store.ts";

interface GraphOptions {
  readonly format: "text" | "mermaid" | "json";
  readonly depth?: string;
  readonly file?: readonly string[];
}

const DEPTH_MAX = 1_000_000;

export function graphCommand(run: Runner): Command {
  return new Command("graph")
    .description("show how pipelines hang together")
    .argument("[selection]", "name: all around it; +name: what it needs; name+: what needs it")
    .addOption(
      new Option("--format <format>", "how to show it")
        .choices(["text", "mermaid", "json"])
        .default("text"),
    )
    .option("--depth <n>", "so many pipelines away at most")
    .option("-f, --file <path>", "modules and folders of the project (repeatable)", collect)
    .addHelpText(
      "after",
      "\nOf the project here; with --database or --data, of all that is registered there.",
    )
    .action((selection: string | undefined, options: GraphOptions, command: Command) =>
      run(command, (context) => graph(context, selection, options)),
    );
}

async function graph(
  context: CommandContext,
  selection: string | undefined,
  options: GraphOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const depth =
    options.depth === undefined
      ? Infinity
      : wholeNumber("--depth", options.depth, { min: 1, max: DEPTH_MAX });
  const all = await loadSpecs(context, options.file ?? []);
  const problems = checkGraph(all);
  if (problems.length > 0) throw definitionInvalid(problems);
  const specs = selection === undefined ? all : selectSpecs(all, parseSelection(selection), depth);
  if (terminal.json) terminal.document(toGraphJson(specs));
  else if (options.format === "json") terminal.print(JSON.stringify(toGraphJson(specs), null, 2));
  else if (options.format === "mermaid") terminal.print(toMermaid(specs));
  else terminal.print(toGraphText(specs, all, terminal));
  return EXIT.ok;
}

/** Files that are named win over a database that the environment names. */
async function loadSpecs(
  context: CommandContext,
  files: readonly string[],
): Promise<readonly PipelineSpec[]> {
  if (files.length > 0 || !context.isDatabaseGiven) {
    return specsOf(await loadProject(context.project(files)));
  }
  return withStore(context, async ({ store }) => (await store.listSpecs()).map(({ spec }) => spec));
}
