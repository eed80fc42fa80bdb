import type { Verdict } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toApproval } from "../input/approval-place.ts";
import { toRunId } from "../input/run-id.ts";
import { userName } from "../input/said.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { runName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface AnswerOptions {
  readonly comment?: string;
  readonly role: readonly string[];
  readonly name?: string;
  readonly by?: string;
}

export function approveCommand(run: Runner): Command {
  return answerCommand(run, "approve", "approved");
}

export function rejectCommand(run: Runner): Command {
  return answerCommand(run, "reject", "rejected");
}

function answerCommand(run: Runner, word: string, verdict: Verdict["verdict"]): Command {
  return new Command(word)
    .description(`say ${verdict === "approved" ? "yes" : "no"} to a task that asks for approval`)
    .argument("<run>", "run_12, or 12")
    .argument("[task]", "its name, or name[3] for an item; not needed where only one asks")
    .option("--comment <text>", "what the task gets to read, and the record keeps")
    .option("--role <name>", "in which role you answer; may be repeated", collect, [])
    .option("--name <name>", "which approval, where a task asks for several")
    .option("--by <name>", "who answers; else the user of this machine")
    .addHelpText(
      "after",
      `\nExamples:\n  millrace ${word} run_12\n` +
        `  millrace ${word} run_12 release --role lead --comment 'checked with sales'`,
    )
    .action((text: string, task: string | undefined, options: AnswerOptions, command: Command) =>
      run(command, (context) => {
        const runId = toRunId(text);
        return withStore(context, (open) =>
          answer(context, open, { runId, task, verdict }, options),
        );
      }),
    );
}

async function answer(
  context: CommandContext,
  { store, followUps }: OpenStore,
  asked: {
    readonly runId: number;
    readonly task: string | undefined;
    readonly verdict: Verdict["verdict"];
  },
  { comment: text, role, name, by = userName() }: AnswerOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const { runId, verdict } = asked;
  const comment = text ?? null;
  const { task, item } = toApproval(await store.listApprovals(), runId, asked.task);
  const said = { verdict, by, roles: role, comment, ...(name !== undefined && { name }) };
  followUps.follow(await store.answerApproval(runId, task, item, said));
  terminal.document({ run: runName(runId), task, item, verdict, by, comment });
  terminal.print(runName(runId));
  const what = item === null ? task : `${task}[${item}]`;
  terminal.say(`${what} of ${runName(runId)} is ${verdict} by ${by}.`);
  sayWhoWorks(context);
  return EXIT.ok;
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
