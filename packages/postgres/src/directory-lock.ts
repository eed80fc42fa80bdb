import { createHash, randomUUID } from "node:crypto";
import { link, mkdir, realpath, rename, unlink } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";

export interface DirectoryLock {
  release(): Promise<void>;
}

const NAME = "millrace.lock";
/** What fits into the address of a socket on every system, with room for what makes it one's own. */
const PATH_BYTES_MAX = 80;
const ASK_MS_MAX = 2_000;

/**
 * Locks a directory for this process by listening on a socket in it. The lock dies with the
 * process, so that a crash leaves nothing to clean up and no stale process id to believe.
 *
 * @throws {DIRECTORY_LOCKED} When a living process holds it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  // A directory may have many names, and is one all the same.
  const socketPath = socketPathOf(await realpath(directory));
  const isPipe = process.platform === "win32";
  return isPipe ? lockPipe(socketPath, directory) : lockSocket(socketPath, directory);
}

/** Addresses of sockets are short, names of directories need not be. */
function socketPathOf(directory: string): string {
  const inside = path.join(directory, NAME);
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\millrace-${name}`;
  return Buffer.byteLength(inside) <= PATH_BYTES_MAX ? inside : `/tmp/millrace-${name}.lock`;
}

/** Windows takes the name of a pipe away with the process that had it. */
async function lockPipe(socketPath: string, directory: string): Promise<DirectoryLock> {
  const server = await listen(socketPath).catch(async (error: unknown) => {
    throw isCode(error, "EADDRINUSE")
      ? locked(directory, (await askHolder(socketPath)) ?? "")
      : error;
  });
  return { release: () => closed(server) };
}

/**
 * Listens on a name of its own first, and then gives that socket the name of the lock, which
 * only one can have. A closing server takes away the name that it listened on, whoever has it by
 * then: so that must never be the lock's.
 */
async function lockSocket(socketPath: string, directory: string): Promise<DirectoryLock> {
  const own = `${socketPath}.${randomUUID().slice(0, 8)}`;
  const server = await listen(own);
  try {
    const holder = await take(own, socketPath);
    if (holder !== null) throw locked(directory, holder);
  } catch (error) {
    await closed(server);
    throw error;
  }
  await unlink(own);
  const release = async (): Promise<void> => {
    await unlink(socketPath).catch(() => {
      /* the directory is gone with all that was in it */
    });
    await closed(server);
  };
  return { release };
}

/** @returns Null when the lock is this process's now, else what its holder says. */
async function take(own: string, socketPath: string): Promise<string | null> {
  if (await named(own, socketPath)) return null;
  const holder = await askHolder(socketPath);
  if (holder !== null) return holder;
  // A socket that nobody listens on was left by a process that died; but another process may
  // have found that out, too, and have replaced it since. Only one can move it out of the way.
  const grave = `${own}.dead`;
  await rename(socketPath, grave).catch(() => {
    /* another process was faster */
  });
  const moved = await askHolder(grave);
  if (moved !== null) await named(grave, socketPath);
  await unlink(grave).catch(() => {
    /* it was not this process that moved it */
  });
  if (moved !== null) return moved;
  return (await named(own, socketPath)) ? null : ((await askHolder(socketPath)) ?? "");
}

/** Gives a socket one more name, unless something has it already. */
async function named(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function listen(socketPath: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on("error", () => {}); // who asked need not wait for the answer
      socket.end(String(process.pid));
    });
    server.once("error", reject);
    server.listen(socketPath, () => resolve(server.unref()));
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => void server.close(() => resolve()));
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

function locked(directory: string, pid: string): MillraceError<"DIRECTORY_LOCKED"> {
  const by = pid === "" ? "another process, which is busy" : `process ${pid}`;
  return new MillraceError(
    "DIRECTORY_LOCKED",
    { directory, holder: by },
    `The embedded database in ${directory} is open in ${by}. ` +
      `Stop that process, or give this one another directory (--data).`,
  );
}

/**
 * @returns What the holder says, "" when it is too busy to say anything, and null when nobody
 * listens. Whoever can be connected to is alive, however long a handler blocks its event loop.
 */
function askHolder(socketPath: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    let text = "";
    let isAlive = false;
    socket.setTimeout(ASK_MS_MAX, () => socket.destroy());
    socket.on("connect", () => void (isAlive = true));
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    // Being refused for any other reason says that something is there.
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "ECONNREFUSED" && error.code !== "ENOENT") isAlive = true;
    });
    socket.on("close", () => resolve(isAlive ? text.trim() : null));
  });
}
