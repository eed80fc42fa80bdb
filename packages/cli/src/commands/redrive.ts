import { redrive } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { counted } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

export function redriveCommand(run: Runner): Command {
  const command = new Command("redrive")
    .description("send again what a subscriber outside did not take; one that was closed is opened")
    .argument("<subscriber>", "such as webhook/crm, as `millrace outs` names it")
    .argument("[messages...]", "msg_12 …: these only; else all that were given up")
    .addHelpText(
      "after",
      "\nThey are sent under the ids that they had, in their old order, before all that waits.",
    );
  return withSaid(command).action(
    (subscriber: string, messages: string[], options: SaidOptions, self: Command) =>
      run(self, (context) => {
        const ids = messages.length === 0 ? null : messages.map(toMessageId);
        return withStore(context, (open) => sendAgain(context, open, { subscriber, ids, options }));
      }),
  );
}

async function sendAgain(
  { terminal }: CommandContext,
  { database }: OpenStore,
  {
    subscriber,
    ids,
    options,
  }: {
    readonly subscriber: string;
    readonly ids: readonly number[] | null;
    readonly options: SaidOptions;
  },
): Promise<ExitCode> {
  const done = await redrive(database, { subscriber, ids }, saidOf(options));
  const names = done.ids.map((id) => `msg_${id}`);
  terminal.document({ subscriber, messages: names, reopened: done.reopened });
  if (names.length > 0) terminal.print(names.join("\n"));
  const opened = done.reopened ? " It was closed, and is sent to again." : "";
  terminal.say(`${counted(names.length, "message")} for ${subscriber} wait again.${opened}`);
  return EXIT.ok;
}

/** @throws {INPUT_INVALID} When it is none. */
function toMessageId(text: string): number {
  const id = Number(/^(?:msg_)?([1-9]\d{0,15})$/.exec(text)?.[1]);
  if (Number.isSafeInteger(id)) return id;
  throw inputInvalid("messages", [
    `${text} is no message. Write it like msg_12, as \`millrace outs webhook/crm\` does.`,
  ]);
}
