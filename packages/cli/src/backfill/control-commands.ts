import type { Afterwards, BackfillState } from "@millrace/core/internal";
import { backfillName, type BackfillStore } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { counted } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";
import { toBackfillId } from "./backfill-id.ts";

interface Controlled extends Afterwards {
  readonly state: BackfillState;
  readonly retriedCount?: number;
}

interface Control {
  readonly name: string;
  readonly description: string;
  readonly act: (store: BackfillStore, id: number) => Promise<Controlled>;
  /** What is said of a backfill that it was done to. */
  readonly words: (name: string, controlled: Controlled) => string;
}

const CONTROLS: readonly Control[] = [
  {
    name: "start",
    description: "start a plan, if it would still do what it showed",
    act: (store, id) => store.submitBackfill(id),
    words: (name, { state }) =>
      state === "done"
        ? `${name} had nothing to do.`
        : `${name} is ${state}. Follow it with: millrace backfill show ${name}`,
  },
  {
    name: "pause",
    description: "start nothing more of it; what runs, runs on",
    act: (store, id) => store.pauseBackfill(id),
    words: (name) => `${name} starts nothing more until \`millrace backfill resume ${name}\`.`,
  },
  {
    name: "resume",
    description: "go on where it was paused",
    act: (store, id) => store.resumeBackfill(id),
    words: (name, { state }) => `${name} is ${state}.`,
  },
  {
    name: "cancel",
    description: "cancel what waits, and ask what runs to stop",
    act: (store, id) => store.cancelBackfill(id),
    words: (name) => `${name} is cancelled; its running tasks are asked to stop.`,
  },
  {
    name: "retry",
    description: "run its failed partitions again",
    act: (store, id) => store.retryBackfill(id),
    words: (name, { retriedCount = 0, state }) =>
      retriedCount === 0
        ? `Nothing of ${name} has failed.`
        : `${counted(retriedCount, "partition")} of ${name} once more; it is ${state}.`,
  },
];

/** The commands that move a backfill. */
export function controlCommands(run: Runner): readonly Command[] {
  return CONTROLS.map((control) =>
    new Command(control.name)
      .description(control.description)
      .argument("<backfill>", "backfill_7, or 7")
      .action((text: string, _options: object, command: Command) =>
        run(command, (context) => {
          const id = toBackfillId(text);
          return withStore(context, (open) => move(context, open, id, control));
        }),
      ),
  );
}

async function move(
  context: CommandContext,
  { store, followUps }: OpenStore,
  id: number,
  { act, words }: Control,
): Promise<ExitCode> {
  const { terminal } = context;
  const controlled = await act(store, id);
  followUps.follow(controlled);
  const name = backfillName(id);
  const { state, retriedCount } = controlled;
  terminal.document({ id: name, state, ...(retriedCount !== undefined && { retriedCount }) });
  terminal.print(name);
  terminal.say(words(name, controlled));
  if (state === "running") sayWhoWorks(context);
  return EXIT.ok;
}
