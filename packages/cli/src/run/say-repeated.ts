import type { Repeated } from "@millrace/core/internal";
import type { CommandContext } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { runName } from "../terminal/words.ts";
import { sayWhoWorks } from "./say-who-works.ts";

/** Follows up on what was done again, and says which run goes on with what. */
export function sayRepeated(
  context: CommandContext,
  { followUps }: OpenStore,
  first: number,
  repeated: Repeated,
): ExitCode {
  const { terminal } = context;
  const { runId, isNew, again, ...afterwards } = repeated;
  followUps.follow(afterwards);
  const name = runName(runId);
  terminal.document({ id: name, of: runName(first), isNew, again });
  terminal.print(name);
  const tasks = again.length === 0 ? "nothing" : again.join(", ");
  terminal.say(
    isNew
      ? `${name} goes on from ${runName(first)}, which has ended: it does ${tasks} again.`
      : `${name} does ${tasks} again.`,
  );
  sayWhoWorks(context);
  return EXIT.ok;
}
