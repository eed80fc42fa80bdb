import { userInfo } from "node:os";
import { pipelineId } from "@millrace/core/internal";
import type { Pausable } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { findName } from "../names/find-name.ts";
import { shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface PauseOptions {
  readonly trigger?: string;
  readonly by?: string;
}

export function pauseCommand(run: Runner): Command {
  return new Command("pause")
    .description("let a pipeline start nothing by itself; what comes is kept")
    .argument("<pipeline>", "its name, or namespace/name")
    .option("--trigger <name>", "this trigger of it only")
    .option("--by <name>", "who pauses it; else the user of this machine")
    .action((typed: string, options: PauseOptions, command: Command) =>
      run(command, (context) => withStore(context, (open) => pause(context, open, typed, options))),
    );
}

async function pause(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  typed: string,
  { trigger, by }: PauseOptions,
): Promise<ExitCode> {
  const what = await toPausable(store, typed, trigger);
  const { changed, ...afterwards } = await store.pause(what, by ?? userInfo().username);
  followUps.follow(afterwards);
  terminal.document({ ...what, paused: true, changed });
  const name = pausableName(what);
  terminal.print(name);
  terminal.say(
    changed
      ? `${name} is paused; runs under way go on. See what is kept:  millrace why ${name}`
      : `${name} was paused before.`,
  );
  return EXIT.ok;
}

/** @throws {NOT_FOUND} When there is no such pipeline or trigger. */
export async function toPausable(
  store: OpenStore["store"],
  typed: string,
  trigger: string | undefined,
): Promise<Pausable> {
  const specs = (await store.listSpecs()).map(({ spec }) => spec);
  const pipeline = findName("pipeline", typed, specs.map(pipelineId));
  if (trigger === undefined) return { pipeline, trigger: null };
  const spec = specs.find((each) => pipelineId(each) === pipeline);
  const names = Object.keys(spec?.triggers ?? {});
  return { pipeline, trigger: findName(`trigger of ${shortName(pipeline)}`, trigger, names) };
}

/** `report`, or `report/daily`. */
export function pausableName({ pipeline, trigger }: Pausable): string {
  return trigger === null ? shortName(pipeline) : `${shortName(pipeline)}/${trigger}`;
}
