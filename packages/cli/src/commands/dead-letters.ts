import { MillraceError } from "@millrace/core/internal";
import { type DeadLetterRow, listDeadLetters, readDeadLetter } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { wholeNumber } from "../input/number-input.ts";
import { toTable } from "../terminal/table.ts";
import { foreignLine, foreignText } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface DeadLettersOptions {
  readonly source?: string;
  readonly limit: string;
}

export function deadLettersCommand(run: Runner): Command {
  return new Command("dead-letters")
    .description("list what could not be taken in or delivered, the newest first")
    .argument("[id]", "prints this one; exactly as it came with --json")
    .option("--source <name>", "of this source or receiver only")
    .option("--limit <n>", "at most so many, 1 to 1000", "20")
    .action((id: string | undefined, options: DeadLettersOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) =>
          id === undefined ? listed(context, open, options) : printed(context, open, id),
        ),
      ),
    );
}

async function listed(
  { terminal }: CommandContext,
  { database }: OpenStore,
  options: DeadLettersOptions,
): Promise<ExitCode> {
  const limit = wholeNumber("--limit", options.limit, { min: 1, max: 1_000 });
  const letters = await listDeadLetters(database, { source: options.source ?? null, limit });
  terminal.document({ deadLetters: letters });
  if (letters.length === 0) terminal.say("There are no such dead letters.");
  else terminal.print(toTable([HEAD, ...letters.map(toRow)]));
  return EXIT.ok;
}

const HEAD = ["ID", "AT", "SOURCE", "REASON"];

function toRow({ id, at, source, reason }: DeadLetterRow): readonly string[] {
  return [`${id}`, at.toISOString(), foreignLine(source), foreignLine(reason)];
}

async function printed(
  { terminal }: CommandContext,
  { database }: OpenStore,
  text: string,
): Promise<ExitCode> {
  const id = wholeNumber("id", text, { min: 1, max: Number.MAX_SAFE_INTEGER });
  const letter = await readDeadLetter(database, id);
  if (letter === null) {
    const words = `There is no dead letter ${id}. See: millrace dead-letters`;
    throw new MillraceError("NOT_FOUND", { what: "dead letter", name: `${id}` }, words);
  }
  terminal.document(letter);
  terminal.print(foreignText(letter.body));
  const { source, at, reason } = letter;
  terminal.say(`From ${foreignLine(source)}, ${at.toISOString()}: ${foreignLine(reason)}`);
  return EXIT.ok;
}
