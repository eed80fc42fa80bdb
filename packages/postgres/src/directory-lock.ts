import { mkdir, unlink } from "node:fs/promises";
import { createConnection, createServer, type Server } from "node:net";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { MillraceError } from "@millrace/core/internal";

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Locks a directory for this process by listening on a socket named after it. The lock dies with
 * the process, so that a crash leaves nothing to clean up and no stale process id to believe.
 *
 * @throws {DIRECTORY_LOCKED} When a living process holds it.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  const socketPath = socketPathOf(path.resolve(directory));
  const server = (await listen(socketPath)) ?? (await replaceDead(socketPath, directory));
  server.unref();
  return {
    release: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

/** Socket paths are short (108 bytes), directories are not: the name is a hash. */
function socketPathOf(directory: string): string {
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 24);
  return process.platform === "win32"
    ? `\\\\.\\pipe\\millrace-${name}`
    : path.join(tmpdir(), `millrace-${name}.lock`);
}

/** @returns Null when something is there already. */
function listen(socketPath: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.end(`${process.pid}\n`));
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(null) : reject(error),
    );
    server.listen(socketPath, () => resolve(server));
  });
}

/** A socket that nobody answers on was left by a process that died. */
async function replaceDead(socketPath: string, directory: string): Promise<Server> {
  const holder = await askHolder(socketPath);
  if (holder === null) {
    await unlink(socketPath).catch(() => {
      /* another process was faster: listening decides */
    });
    const server = await listen(socketPath);
    if (server !== null) return server;
  }
  const by = holder === null ? "another process" : `process ${holder}`;
  throw new MillraceError(
    "DIRECTORY_LOCKED",
    { directory, holder: by },
    `The embedded database in ${directory} is open in ${by}. ` +
      `Stop that process, or give this one another directory (--data).`,
  );
}

function askHolder(socketPath: string): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = createConnection(socketPath);
    let text = "";
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.on("error", () => resolve(null));
    socket.on("close", () => resolve(text === "" ? null : text.trim()));
  });
}
