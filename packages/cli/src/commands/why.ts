import { MillraceError, pipelineId } from "@millrace/core/internal";
import { type Answer, type Asked, why } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { findAsked, type KnownNames } from "../names/find-asked.ts";
import { withStore } from "../with-store.ts";

export function whyCommand(run: Runner): Command {
  return new Command("why")
    .description("say why something started, or what it waits for")
    .argument("<what>", "run_7, update_3, event_2, a pipeline, a dataset, or pipeline/trigger")
    .action((text: string, _options: object, command: Command) =>
      run(command, (context) => withStore(context, (open) => explain(context, open, text))),
    );
}

async function explain(
  { terminal }: CommandContext,
  { database, store }: OpenStore,
  typed: string,
): Promise<ExitCode> {
  const asked = findAsked(typed, namesOf(await store.listSpecs()));
  const answer = await why(database, asked);
  if (answer === null) throw notThere(asked, typed);
  terminal.document(documentOf(asked, answer));
  terminal.print(answer.lines.join("\n"));
  return EXIT.ok;
}

/** The lines are for people; programs have the same as data. */
function documentOf(asked: Asked, { lines: _, ...answer }: Answer): object {
  if (asked.type !== "pipeline" || asked.trigger === null) return answer;
  return "triggers" in answer ? (answer.triggers[0] ?? answer) : answer;
}

function namesOf(specs: Awaited<ReturnType<OpenStore["store"]["listSpecs"]>>): KnownNames {
  const all = specs.map(({ spec }) => spec);
  return {
    pipelines: all.map(pipelineId),
    datasets: [
      ...new Set(
        all.flatMap((spec) => [
          ...Object.keys(spec.datasets),
          ...Object.keys(spec.datasetRefs ?? {}),
        ]),
      ),
    ],
    triggers: all.flatMap((spec) =>
      Object.keys(spec.triggers).map((name) => ({ pipeline: pipelineId(spec), name })),
    ),
  };
}

function notThere(asked: Asked, name: string): MillraceError<"NOT_FOUND"> {
  const list = asked.type === "run" ? "`millrace runs`" : "`millrace graph`";
  const text = `There is no ${asked.type} ${name}. ${list} lists what is there.`;
  return new MillraceError("NOT_FOUND", { what: asked.type, name }, text);
}
