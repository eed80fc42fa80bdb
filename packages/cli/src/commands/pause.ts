import { pipelineId } from "@millrace/core/internal";
import type { Pausable } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { isRunName, toRunId } from "../input/run-id.ts";
import { type SaidOptions, saidOf, withSaid } from "../input/said.ts";
import { findName } from "../names/find-name.ts";
import { runName, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface PauseOptions extends SaidOptions {
  readonly trigger?: string;
}

export function pauseCommand(run: Runner): Command {
  const command = new Command("pause")
    .description("let a pipeline start nothing by itself, or a run start nothing more")
    .argument("<what>", "a pipeline: its name, or namespace/name; or a run: run_12")
    .option("--trigger <name>", "this trigger of the pipeline only")
    .addHelpText(
      "after",
      "\nWhat comes to a paused pipeline is kept. What runs in a paused run, runs on.\n\n" +
        "Examples:\n  millrace pause report --trigger daily\n" +
        "  millrace pause run_12 --why 'the warehouse is down'",
    );
  return withSaid(command).action((typed: string, options: PauseOptions, self: Command) =>
    run(self, (context) =>
      withStore(context, (open) =>
        isRunName(typed)
          ? pauseRun(context, open, toRunId(typed), options)
          : pause(context, open, typed, options),
      ),
    ),
  );
}

async function pauseRun(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  runId: number,
  { trigger, ...said }: PauseOptions,
): Promise<ExitCode> {
  refuseTrigger(trigger);
  const { changed, ...afterwards } = await store.pauseRun(runId, saidOf(said));
  followUps.follow(afterwards);
  const name = runName(runId);
  terminal.document({ id: name, paused: true, changed });
  terminal.print(name);
  terminal.say(
    changed
      ? `${name} is paused; what runs, runs on. Let it go on:  millrace resume ${name}`
      : `${name} was paused before.`,
  );
  return EXIT.ok;
}

/** @throws {INPUT_INVALID} When a trigger is named beside a run. */
export function refuseTrigger(trigger: string | undefined): void {
  if (trigger === undefined) return;
  throw inputInvalid("--trigger", [
    "A run has no triggers: leave --trigger out, or name a pipeline.",
  ]);
}

async function pause(
  { terminal }: CommandContext,
  { store, followUps }: OpenStore,
  typed: string,
  { trigger, ...said }: PauseOptions,
): Promise<ExitCode> {
  const what = await toPausable(store, typed, trigger);
  const { changed, ...afterwards } = await store.pause(what, saidOf(said).by);
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
