import path from "node:path";
import { pathToFileURL } from "node:url";
import { definitionInvalid, MillraceError } from "@millrace/core/internal";
import { errorPlace } from "./error-place.ts";

/**
 * Imports modules, TypeScript as it is: Node strips the types.
 *
 * @returns Their exports, in order.
 * @throws {DEFINITION_INVALID} With everything that is wrong in any of them, each with its place.
 */
export async function loadModules(
  files: readonly string[],
  directory: string,
): Promise<readonly object[]> {
  const modules: object[] = [];
  const failures = new Map<unknown, string>();
  for (const file of files) {
    try {
      modules.push((await import(pathToFileURL(file).href)) as object);
    } catch (error) {
      // A module that several others import fails them all with the one error.
      if (!failures.has(error)) failures.set(error, file);
    }
  }
  if (failures.size === 0) return modules;
  throw definitionInvalid(
    [...failures].flatMap(([error, file]) => problemsOf(error, file, directory)),
  );
}

function problemsOf(error: unknown, file: string, directory: string): readonly string[] {
  const place = errorPlace(error, directory) ?? path.relative(directory, file);
  if (MillraceError.is(error, "DEFINITION_INVALID")) {
    return error.data.problems.map((problem) => `${place}: ${problem}`);
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [`${place}: The module cannot be loaded: ${text}`];
}
