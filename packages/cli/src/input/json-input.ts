import { readFile } from "node:fs/promises";
import { type JsonValue, parseExactJson } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

/**
 * JSON from the command line: the text itself, `@path` for a file, `@-` for stdin.
 *
 * @throws {INPUT_INVALID} When it cannot be read, or is no JSON.
 */
export async function readJson(option: string, text: string): Promise<JsonValue> {
  const source = text.startsWith("@") ? await readSource(option, text.slice(1)) : text;
  const read = parseExactJson(source);
  if (read.ok) return read.value;
  throw inputInvalid(option, [
    `${option} is no JSON: ${read.problem}. ` +
      `Write it like '{"rows": 5}', or name a file that holds it with @path.`,
  ]);
}

async function readSource(option: string, path: string): Promise<string> {
  try {
    return await readFile(path === "-" ? "/dev/stdin" : path, "utf8");
  } catch (error) {
    throw inputInvalid(option, [
      `${option} names the file ${path}, which cannot be read: ` +
        `${error instanceof Error ? error.message : String(error)}.`,
    ]);
  }
}
