import { readFile } from "node:fs/promises";
import { readHookSecrets } from "@millrace/sensors/internal";
import { Command } from "commander";
import { type CommandContext, type Runner, serverServices } from "../command-context.ts";
import type { ExitCode } from "../exit-code.ts";
import { durationMs, wholeNumber } from "../input/number-input.ts";
import { serveIntake } from "../intake/serve-intake.ts";
import { loadHooks } from "../project/load-hooks.ts";
import { GRACE_DEFAULT } from "./worker.ts";

interface IntakeOptions {
  readonly port: string;
  readonly host: string;
  readonly grace: string;
}

const PORT_MAX = 65_535;

export function intakeCommand(run: Runner): Command {
  return new Command("intake")
    .description("take what other systems post to the project's hooks until it is told to stop")
    .argument("[files...]", "modules and folders; else flow.ts, else pipelines/")
    .option("--port <n>", "port to listen on; 0 for any that is free", "8080")
    .option("--host <address>", "address to listen on", "0.0.0.0")
    .option("--grace <duration>", "how long requests may go on after SIGTERM", GRACE_DEFAULT)
    .action((files: string[], options: IntakeOptions, command: Command) =>
      run(command, (context) => intake(context, files, options)),
    );
}

async function intake(
  context: CommandContext,
  files: readonly string[],
  options: IntakeOptions,
): Promise<ExitCode> {
  const port = wholeNumber("--port", options.port, { min: 0, max: PORT_MAX });
  const graceMs = durationMs("--grace", options.grace);
  const services = serverServices(context, "intake");
  const hooks = await readHookSecrets(await loadHooks(context.project(files)), {
    environment: process.env,
    readFile: (path) => readFile(path, "utf8"),
  });
  const address = { hostname: options.host, port };
  return serveIntake(context.terminal, services, { hooks, address, graceMs });
}
