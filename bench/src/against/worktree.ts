import { execFile, execFileSync } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { AgainstProblem } from "./problem.ts";

const run = promisify(execFile);

/** This tree. */
export const ROOT: string = path.join(import.meta.dirname, "..", "..", "..");
/** Of npm's organization of all that is ours. */
const OURS = "@millrace";

export interface Worktree {
  readonly directory: string;
  remove(): void;
}

/**
 * Another state of the sources beside this one, with what it depends on installed.
 *
 * @throws {AgainstProblem} When there is no such ref, or nothing in it to measure.
 */
export async function openWorktree(ref: string): Promise<Worktree> {
  const commit = await git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).catch(() => null);
  if (commit === null) throw new AgainstProblem(`No such git ref: ${ref}.`);
  // By its real name: git and Node tell of no other.
  const parent = realpathSync(mkdtempSync(path.join(tmpdir(), "millrace-against-")));
  const directory = path.join(parent, "tree");
  const remove = (): void => {
    if (existsSync(directory)) execFileSync("git", removal(directory), { cwd: ROOT });
    rmSync(parent, { recursive: true, force: true });
  };
  try {
    await git("worktree", "add", "--quiet", "--detach", directory, commit);
    if (!existsSync(path.join(directory, "bench", "src", "main.ts")))
      throw new AgainstProblem(`There is no bench at ${ref}.`);
    await installInto(directory);
    return { directory, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function git(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("git", args, { cwd: ROOT });
  return stdout.trim();
}

function removal(directory: string): readonly string[] {
  return ["worktree", "remove", "--force", directory];
}

/** What depends on the same versions may share them; what is ours must be its own. */
async function installInto(directory: string): Promise<void> {
  const lockOf = (tree: string) => readFileSync(path.join(tree, "package-lock.json"), "utf8");
  if (lockOf(directory) === lockOf(ROOT)) linkModules(directory);
  else await run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: directory });
  for (const name of readdirSync(path.join(directory, "node_modules", OURS))) {
    const place = realpathSync(path.join(directory, "node_modules", OURS, name));
    if (!place.startsWith(`${directory}${path.sep}`))
      throw new Error(`${OURS}/${name} leads out of its tree, to ${place}`);
  }
}

function linkModules(directory: string): void {
  const [from, to] = [ROOT, directory].map((tree) => path.join(tree, "node_modules"));
  if (from === undefined || to === undefined) return;
  mkdirSync(path.join(to, OURS), { recursive: true });
  for (const name of readdirSync(from)) {
    if (name !== OURS) symlinkSync(path.join(from, name), path.join(to, name));
  }
  for (const name of readdirSync(path.join(from, OURS))) {
    const place = path.relative(ROOT, realpathSync(path.join(from, OURS, name)));
    symlinkSync(path.join(directory, place), path.join(to, OURS, name));
  }
  for (const nested of globSync(["*/node_modules", "*/*/node_modules"], { cwd: ROOT })) {
    if (
      !nested.startsWith("node_modules") &&
      existsSync(path.dirname(path.join(directory, nested)))
    )
      symlinkSync(path.join(ROOT, nested), path.join(directory, nested));
  }
}
