import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";

const MODULE = /\.(?:ts|mts|js|mjs)$/;
const NO_PIPELINES = /\.(?:test|spec|test-d|d)\.m?[tj]s$/;
/** Tried in this order when no file or folder is named. */
const DEFAULT_FILES = ["flow.ts", "flow.mts", "flow.js", "flow.mjs"];
const DEFAULT_FOLDER = "pipelines";
const FILES_MAX = 5_000;

/**
 * The modules of a project: the named files and everything in the named folders; unless any is
 * named, `flow.ts`, else what lies in `pipelines/`. Tests and declarations are passed over.
 *
 * @returns Absolute paths, in order of name within a folder.
 * @throws {NOT_FOUND} When there is none.
 */
export async function findModules(
  named: readonly string[],
  directory: string,
): Promise<readonly string[]> {
  if (named.length === 0) return findDefault(directory);
  const found = await Promise.all(named.map((name) => modulesAt(path.resolve(directory, name))));
  const missing = named.filter((_, at) => found[at] === null);
  if (missing.length > 0) throw notFound(missing.join(", "), "There is nothing at that path");
  const modules = [...new Set(found.flatMap((each) => each ?? []))];
  if (modules.length === 0) throw notFound(named.join(", "), "There are no modules in it");
  return modules;
}

async function findDefault(directory: string): Promise<readonly string[]> {
  for (const name of [...DEFAULT_FILES, DEFAULT_FOLDER]) {
    const modules = await modulesAt(path.join(directory, name));
    if (modules !== null && modules.length > 0) return modules;
  }
  throw notFound(directory, `There is no ${DEFAULT_FILES[0]} and no folder ${DEFAULT_FOLDER}/`);
}

function notFound(where: string, why: string): MillraceError<"NOT_FOUND"> {
  return new MillraceError(
    "NOT_FOUND",
    { what: "project", name: where },
    `No pipelines found (${where}). ${why}. ` +
      "Name the files or folders that export them, as in `millrace check src/flows`.",
  );
}

/** @returns Null when there is nothing at that path. */
async function modulesAt(place: string): Promise<readonly string[] | null> {
  const found = await stat(place).catch(() => null);
  if (found === null) return null;
  if (!found.isDirectory()) return [place];
  const files: string[] = [];
  await collectModules(place, files);
  return files;
}

async function collectModules(folder: string, files: string[]): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const place = path.join(folder, entry.name);
    if (entry.isDirectory()) await collectModules(place, files);
    else if (MODULE.test(entry.name) && !NO_PIPELINES.test(entry.name)) files.push(place);
    if (files.length > FILES_MAX) throw notFound(folder, `There are over ${FILES_MAX} modules`);
  }
}
