import { readFile } from "node:fs/promises";
import path from "node:path";
import { isRecord } from "@millrace/core/internal";

/** The name in the nearest package.json from `directory` up, else the name of the directory. */
export async function projectNameOf(directory: string): Promise<string> {
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const name = await packageName(path.join(folder, "package.json"));
    if (name !== null) return name;
    if (folder === path.dirname(folder)) return path.basename(directory) || "project";
  }
}

async function packageName(file: string): Promise<string | null> {
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null) return null;
  try {
    const json: unknown = JSON.parse(text);
    const name = isRecord(json) ? json["name"] : null;
    return typeof name === "string" && name !== "" ? name : null;
  } catch {
    // Somebody is writing it, or it is broken: npm will say so better.
    return null;
  }
}
