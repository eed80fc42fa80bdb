import type { RunDetail, Store } from "@millrace/postgres";
import type { Terminal } from "../terminal/terminal.ts";
import { runName } from "../terminal/words.ts";

/**
 * Says what a run asks of people, each question once: who only watches it would wait for ever.
 *
 * @returns To be called with the run whenever it was looked at.
 */
export function tellApprovals(
  { listApprovals }: Pick<Store, "listApprovals">,
  terminal: Terminal,
  isEmbedded: boolean,
): (run: RunDetail) => Promise<void> {
  const told = new Set<string>();
  return async ({ id, tasks }) => {
    if (!tasks.some(({ state }) => state === "waiting")) return;
    for (const { runId, task, item, name, asks, roles } of await listApprovals()) {
      const key = `${task} ${item} ${name}`;
      if (runId !== id || told.has(key)) continue;
      told.add(key);
      const role = roles[0] === undefined ? "" : ` --role ${roles[0]}`;
      const way = `millrace approve ${runName(id)} ${task}${role}`;
      const how = isEmbedded
        ? `Stop this with Ctrl-C and answer with: ${way}`
        : `Answer with: ${way}`;
      terminal.say(`${task} asks: ${asks}\n${how}  (or reject)`);
    }
  };
}
