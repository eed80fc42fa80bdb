import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import { migrateServices } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";

export function migrateCommand(run: Runner): Command {
  return new Command("migrate")
    .description("bring the database's schema up to this version")
    .action((_options: object, command: Command) => run(command, migrate));
}

async function migrate({ services, terminal }: CommandContext): Promise<ExitCode> {
  const applied = await migrateServices(services);
  terminal.document({ applied });
  for (const name of applied) terminal.print(name);
  terminal.say(
    applied.length === 0 ? "The schema is up to date." : "The schema is up to date now.",
  );
  return EXIT.ok;
}
