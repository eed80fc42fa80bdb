import { access } from "node:fs/promises";
import { MillraceError } from "@millrace/core/internal";
import type { CommandContext } from "./command-context.ts";
import { type OpenStore, openStore } from "./compose.ts";

/**
 * Runs `work` on the database, and closes it after its follow-ups. An embedded database that is
 * not there is not made: nothing could be found in it.
 *
 * @throws {NOT_FOUND} When there is no embedded database yet.
 */
export async function withStore<T>(
  { services, terminal }: CommandContext,
  work: (open: OpenStore) => Promise<T>,
): Promise<T> {
  const { database } = services;
  if ("directory" in database && database.directory !== null) {
    await assertThere(database.directory);
  }
  const open = await openStore(services, (event) => {
    if (event.type === "problem") terminal.warn(`${event.where}: ${String(event.error)}`);
  });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

async function assertThere(directory: string): Promise<void> {
  try {
    await access(directory);
  } catch {
    throw new MillraceError(
      "NOT_FOUND",
      { what: "database", name: directory },
      `There is no database in ${directory} yet. Start \`millrace dev\` to make one, ` +
        "or name a server with --database or MILLRACE_DATABASE_URL.",
    );
  }
}
