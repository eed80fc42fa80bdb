import path from "node:path";
import { fileURLToPath } from "node:url";

const PLACE = /(?<=^|[\s(])(file:\/\/\/[^\s()]+?|\/[^\s()]+?):(\d+)(?::(\d+))?(?=\)|\s|$)/gm;
/** Where our own code lies, as source or built: a frame in it says nothing to users. */
const OWN = ["@millrace/core", "@millrace/sensors"].map((name) =>
  path.dirname(fileURLToPath(import.meta.resolve(name))),
);
const CLI: string = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * Where in the user's code an error came from: `flow.ts:12:5`, relative to `directory`. Null when
 * its stack does not say.
 */
export function errorPlace(error: unknown, directory: string): string | null {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  for (const [, place = "", line, column] of stack.matchAll(PLACE)) {
    const file = place.startsWith("file:") ? fileURLToPath(place) : place;
    if (!isUsers(file)) continue;
    const shown = path.relative(directory, file) || file;
    return [shown, line, column].filter((part) => part !== undefined).join(":");
  }
  return null;
}

function isUsers(file: string): boolean {
  if (file.includes("/node_modules/")) return false;
  return ![...OWN, CLI].some((folder) => file.startsWith(`${folder}/`));
}
