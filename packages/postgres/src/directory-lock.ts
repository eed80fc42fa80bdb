import { mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MillraceError } from "@millrace/core/internal";

export interface DirectoryLock {
  release(): Promise<void>;
}

const LOCK_FILE = "millrace.lock.sqlite";
/** Says to people who has the lock. Nothing believes it: that is what the lock is for. */
const HOLDER_FILE = "millrace.pid";
/** `SQLITE_BUSY`, https://www.sqlite.org/rescode.html#busy */
const SQLITE_BUSY = 5;
/** Of two that want it at the same moment each sees the other's first step, and one must look again. */
const WAIT_MS_MAX = 200;

/**
 * Locks a directory for this process, by the lock of the operating system that SQLite takes on a
 * file in it. The system drops it with the process, so that a crash leaves nothing to clean up
 * and no stale process id to believe; and it is one lock for all containers that mount the
 * directory.
 *
 * @throws {DIRECTORY_LOCKED} When a living process holds it, also this one.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  // A directory may have many names, and is one all the same.
  const real = await realpath(directory);
  const holderFile = path.join(real, HOLDER_FILE);
  const file = lockFile(path.join(real, LOCK_FILE));
  if (file === null) throw locked(directory, await readFile(holderFile, "utf8").catch(() => ""));
  await writeFile(holderFile, String(process.pid));
  const release = async (): Promise<void> => {
    await rm(holderFile, { force: true });
    file.close();
  };
  return { release };
}

/** @returns Null when somebody has it. Nothing is ever written into the file. */
function lockFile(name: string): DatabaseSync | null {
  const file = new DatabaseSync(name, { timeout: WAIT_MS_MAX });
  try {
    file.exec("begin exclusive");
    return file;
  } catch (error) {
    file.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
}

function locked(directory: string, pid: string): MillraceError<"DIRECTORY_LOCKED"> {
  const by = pid === "" ? "another process" : `process ${pid}`;
  return new MillraceError(
    "DIRECTORY_LOCKED",
    { directory, holder: by },
    `The embedded database in ${directory} is open in ${by}. ` +
      `Stop that process, or give this one another directory (--data).`,
  );
}
