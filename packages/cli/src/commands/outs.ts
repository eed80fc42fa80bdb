import { MillraceError } from "@millrace/core/internal";
import {
  type DeadDelivery,
  listDeadDeliveries,
  readOutbox,
  type SubscriberReport,
} from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { wholeNumber } from "../input/number-input.ts";
import { toTable } from "../terminal/table.ts";
import { foreignLine } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface OutsOptions {
  readonly limit: string;
}

export function outsCommand(run: Runner): Command {
  return new Command("outs")
    .description(
      "list who outside is told of what happens, and what waits for them or was given up",
    )
    .argument("[subscriber]", "such as webhook/crm: its messages that were given up")
    .option("--limit <n>", "at most so many messages, 1 to 1000", "20")
    .addHelpText("after", "\nSend again what was given up with `millrace redrive webhook/crm`.")
    .action((name: string | undefined, options: OutsOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) =>
          name === undefined ? listed(context, open) : shown(context, open, { name, ...options }),
        ),
      ),
    );
}

async function listed({ terminal }: CommandContext, { database }: OpenStore): Promise<ExitCode> {
  const subscribers = await readOutbox(database);
  terminal.document({ subscribers });
  if (subscribers.length === 0) terminal.say("Nobody outside is told of anything.");
  else terminal.print(toTable([HEAD, ...subscribers.map(toRow)]));
  return EXIT.ok;
}

const HEAD = ["SUBSCRIBER", "STATE", "WAITING", "SINCE", "GIVEN UP", "LAST PROBLEM"];

function toRow(subscriber: SubscriberReport): readonly string[] {
  const { name, waitingCount, oldestAt, deadCount, lastProblem, closedReason } = subscriber;
  return [
    name,
    stateOf(subscriber),
    `${waitingCount}`,
    oldestAt?.toISOString() ?? "",
    `${deadCount}`,
    foreignLine(closedReason ?? lastProblem ?? ""),
  ];
}

function stateOf({ closedAt, lastProblem }: SubscriberReport): string {
  if (closedAt !== null) return "closed";
  return lastProblem === null ? "open" : "failing";
}

async function shown(
  { terminal }: CommandContext,
  { database }: OpenStore,
  { name, limit: text }: OutsOptions & { readonly name: string },
): Promise<ExitCode> {
  const limit = wholeNumber("--limit", text, { min: 1, max: 1_000 });
  const subscriber = (await readOutbox(database)).find((each) => each.name === name);
  if (subscriber === undefined) {
    const words = `There is no subscriber ${name}. See: millrace outs`;
    throw new MillraceError("NOT_FOUND", { what: "subscriber", name }, words);
  }
  const dead = await listDeadDeliveries(database, name, limit);
  terminal.document({ ...subscriber, dead: dead.map((each) => ({ ...each, id: idOf(each) })) });
  if (dead.length === 0) terminal.say(`Nothing was given up for ${name}.`);
  else terminal.print(toTable([DEAD_HEAD, ...dead.map(toDeadRow)]));
  return EXIT.ok;
}

const DEAD_HEAD = ["MESSAGE", "KEY", "PUT IN", "GIVEN UP", "ATTEMPTS", "REASON"];

function toDeadRow(each: DeadDelivery): readonly string[] {
  const { key, createdAt, endedAt, failures, reason } = each;
  const times = [createdAt.toISOString(), endedAt.toISOString()];
  return [idOf(each), key, ...times, `${failures}`, foreignLine(reason)];
}

function idOf({ id }: DeadDelivery): string {
  return `msg_${id}`;
}
