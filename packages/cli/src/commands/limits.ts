import { formatDuration } from "@millrace/core/internal";
import type { LimitChange, LimitReport } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { LIMIT_MAX, limitName, toLimitRef } from "../input/limit-ref.ts";
import { wholeNumber } from "../input/number-input.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { toTable } from "../terminal/table.ts";
import { withStore } from "../with-store.ts";

export function limitsCommand(run: Runner): Command {
  return new Command("limits")
    .description("list limits of tasks and runs, and set them")
    .action((_options: object, command: Command) =>
      run(command, (context) => withStore(context, (open) => list(context, open))),
    )
    .addCommand(setCommand(run))
    .addCommand(resetCommand(run));
}

interface SetOptions extends SaidOptions {
  readonly runs?: string;
}

function setCommand(run: Runner): Command {
  const command = new Command("set")
    .description("set a limit, whatever the code declares")
    .argument("<limit>", "all, pool/<name> or namespace/<name>")
    .argument("[tasks]", "tasks at once, or slots of the pool; 0 lets none begin")
    .option("--runs <n>", "runs at once, of all or of a namespace")
    .addHelpText(
      "after",
      "\nWhat runs when a limit is lowered runs on. It holds until it is reset.\n\n" +
        "Examples:\n" +
        "  millrace limits set pool/warehouse 10\n" +
        "  millrace limits set namespace/ops 20 --runs 5\n" +
        "  millrace limits set all 100 --why 'the warehouse is being moved'",
    );
  return withSaid(command).action(
    (typed: string, tasks: string | undefined, options: SetOptions, self: Command) =>
      run(self, (context) => {
        const change = toChange(typed, tasks, options.runs);
        return withStore(context, (open) => set(context, open, change, options));
      }),
  );
}

function resetCommand(run: Runner): Command {
  const command = new Command("reset")
    .description("let what the code declares hold again")
    .argument("<limit>", "all, pool/<name> or namespace/<name>");
  return withSaid(command).action((typed: string, options: SaidOptions, self: Command) =>
    run(self, (context) => {
      const limit = toLimitRef(typed);
      const runs = limit.kind === "pool" ? {} : { runs: null };
      const change = { ...limit, tasks: null, ...runs };
      return withStore(context, (open) => set(context, open, change, options));
    }),
  );
}

function toChange(typed: string, tasks: string | undefined, runs: string | undefined): LimitChange {
  const limit = toLimitRef(typed);
  const range = { min: 0, max: LIMIT_MAX };
  if (tasks === undefined && runs === undefined) {
    throw inputInvalid("limit", [`Say what ${typed} is to be: millrace limits set ${typed} 10.`]);
  }
  if (limit.kind === "pool" && runs !== undefined) {
    throw inputInvalid("--runs", [
      `${typed} is a pool, whose slots tasks take; --runs is for all and for namespaces.`,
    ]);
  }
  return {
    ...limit,
    ...(tasks !== undefined && { tasks: wholeNumber("tasks", tasks, range) }),
    ...(runs !== undefined && { runs: wholeNumber("--runs", runs, range) }),
  };
}

async function set(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  change: LimitChange,
  options: SaidOptions,
): Promise<ExitCode> {
  followUps.follow(await store.setLimit(change, saidOf(options)));
  const name = limitName(change);
  const limits = (await store.listLimits()).filter((each) => limitName(each) === name);
  terminal.document(limits);
  terminal.print(limits.length === 0 ? `${name} has no limit.` : toLimitLines(limits));
  return EXIT.ok;
}

async function list({ terminal }: CommandContext, { store }: OpenStore): Promise<ExitCode> {
  const limits = await store.listLimits();
  terminal.document(limits);
  if (limits.length > 0) terminal.print(toLimitLines(limits));
  else terminal.say("There are no limits. Set one with:  millrace limits set all 100");
  return EXIT.ok;
}

function toLimitLines(limits: readonly LimitReport[]): string {
  const rows = limits.map((limit) => [
    limitName(limit),
    limit.of,
    capacityWords(limit),
    String(limit.used),
    String(limit.waiting),
    limit.setByHand ? `by hand, declared ${limit.declared ?? "none"}` : "",
  ]);
  return toTable([["LIMIT", "OF", "CAPACITY", "USED", "WAITING", "SET"], ...rows]);
}

function capacityWords({ capacity, perMs }: LimitReport): string {
  const per = perMs === null ? "" : ` per ${formatDuration(perMs)}`;
  return `${capacity ?? "none"}${per}`;
}
