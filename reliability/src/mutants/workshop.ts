import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { applyPatch, type Patch } from "./mutant.ts";

const ROOT = path.join(import.meta.dirname, "../../..");
/** What a simulation is made of; everything else is linked to. */
const COPIED = ["packages", "reliability", "package.json"];
const OWN_SCOPE = "@millrace";

/** A copy of the shipped code in which bugs may be planted. */
export interface Workshop {
  readonly directory: string;
  close(): Promise<void>;
}

/** Copies the code, plants `patches`, and links to the dependencies that are installed here. */
export async function openWorkshop(patches: readonly Patch[]): Promise<Workshop> {
  const directory = await mkdtemp(path.join(tmpdir(), "millrace-mutant-"));
  const close = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    for (const name of COPIED) {
      await cp(path.join(ROOT, name), path.join(directory, name), {
        recursive: true,
        filter: (source) => !/\/(node_modules|dist|\.data)$/.test(source),
      });
    }
    await linkDependencies(directory);
    for (const patch of patches) await plant(directory, patch);
    return { directory, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function plant(directory: string, patch: Patch): Promise<void> {
  const file = path.join(directory, patch.file);
  await writeFile(file, applyPatch(await readFile(file, "utf8"), patch));
}

async function linkDependencies(directory: string): Promise<void> {
  const from = path.join(ROOT, "node_modules");
  const to = path.join(directory, "node_modules");
  await mkdir(path.join(to, OWN_SCOPE), { recursive: true });
  for (const name of await readdir(from)) {
    if (name !== OWN_SCOPE) await symlink(path.join(from, name), path.join(to, name));
  }
  for (const name of await readdir(path.join(directory, "packages"))) {
    await symlink(path.join(directory, "packages", name), path.join(to, OWN_SCOPE, name));
  }
}
