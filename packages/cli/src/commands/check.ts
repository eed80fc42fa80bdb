import { pipelineId, type RegisteredSpec } from "@millrace/core/internal";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { collect, toRecord } from "../input/pairs.ts";
import { checkProjects, specsOf } from "../project/check-projects.ts";
import { countsOf, countWords } from "../project/deployment-counts.ts";
import type { ProjectInput } from "../project/load-project.ts";
import { projectNameOf } from "../project/project-name.ts";
import { counted } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface CheckOptions {
  readonly deployment?: readonly string[];
}

export function checkCommand(run: Runner): Command {
  return new Command("check")
    .description("check definitions, declarations and the graph of all pipelines")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .option("--deployment <name=path>", "one more deployment (repeatable)", collect)
    .addHelpText(
      "after",
      "\nWith --database or --data it also checks against what other deployments have registered there.",
    )
    .action((files: string[], options: CheckOptions, command: Command) =>
      run(command, (context) => check(context, files, options)),
    );
}

async function check(
  context: CommandContext,
  files: readonly string[],
  options: CheckOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const inputs = await inputsOf(context, files, options);
  const registered = context.isDatabaseGiven
    ? await withStore(context, ({ store }) => store.listSpecs())
    : ([] as RegisteredSpec[]);
  const { projects, problems, warnings } = await checkProjects(inputs, registered);
  const isFine = problems.length === 0;
  const specs = projects.flatMap(specsOf);
  terminal.document({
    ok: isFine,
    deployments: projects.map((project) => ({
      name: project.name,
      pipelines: specsOf(project).map(pipelineId),
    })),
    ...countsOf(specs),
    problems,
    warnings,
  });
  for (const warning of warnings) terminal.print(`${terminal.styled("yellow", "!")} ${warning}`);
  for (const problem of problems) terminal.print(`${terminal.styled("red", "✕")} ${problem}`);
  const where = `in ${counted(inputs.length, "deployment")}`;
  if (isFine) {
    terminal.print(`${terminal.styled("green", "✓")} ${countWords(countsOf(specs))} ${where}`);
  } else {
    terminal.say(`${counted(problems.length, "problem")} ${where}`);
  }
  return isFine ? EXIT.ok : EXIT.invalidDefinitions;
}

async function inputsOf(
  context: CommandContext,
  files: readonly string[],
  { deployment }: CheckOptions,
): Promise<readonly ProjectInput[]> {
  const named = Object.entries(toRecord("--deployment", deployment ?? [], "name=path"));
  const others = named.map(([name, path]) => ({ ...context.project([path]), name }));
  if (files.length === 0 && others.length > 0) return others;
  const own = context.project(files);
  return [{ ...own, name: own.name ?? (await projectNameOf(context.directory)) }, ...others];
}
