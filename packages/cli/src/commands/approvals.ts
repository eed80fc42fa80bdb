import type { OpenApproval } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { toTable } from "../terminal/table.ts";
import { runName, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface ApprovalsOptions {
  readonly role?: string;
}

export function approvalsCommand(run: Runner): Command {
  return new Command("approvals")
    .description("list what waits for an answer of people, oldest first")
    .option("--role <name>", "what this role may answer only")
    .addHelpText("after", "\nAnswer with `millrace approve run_12` or `millrace reject run_12`.")
    .action((options: ApprovalsOptions, command: Command) =>
      run(command, (context) => withStore(context, (open) => listed(context, open, options))),
    );
}

async function listed(
  { terminal }: CommandContext,
  { store }: OpenStore,
  { role }: ApprovalsOptions,
): Promise<ExitCode> {
  const open = (await store.listApprovals()).filter(
    ({ roles }) => role === undefined || roles.length === 0 || roles.includes(role),
  );
  terminal.document({
    approvals: open.map((each) => ({ ...each, run: runName(each.runId) })),
  });
  if (open.length === 0) terminal.say("Nothing waits for an answer.");
  else terminal.print(toTable([HEAD, ...open.map(toRow)]));
  return EXIT.ok;
}

const HEAD = ["RUN", "PIPELINE", "TASK", "ASKS", "ROLES", "SINCE", "UNTIL"];

function toRow(approval: OpenApproval): readonly string[] {
  const { runId, pipeline, task, item, asks, roles, since, due } = approval;
  return [
    runName(runId),
    shortName(pipeline),
    item === null ? task : `${task}[${item}]`,
    asks.replaceAll(/\s+/g, " "),
    roles.join(", ") || "anybody",
    since.toISOString(),
    due?.toISOString() ?? "",
  ];
}
