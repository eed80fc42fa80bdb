import { type SpawnOptions, spawn } from "node:child_process";

/** A server process that this process started and answers for. */
export interface LocalServer {
  readonly pid: number;
  /** Sends `signal` and waits until the process is gone. Harmless when it is gone already. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

export interface LocalServerOptions {
  readonly command: string;
  readonly args: readonly string[];
  /** What its output says once it takes connections. */
  readonly ready: string;
  readonly spawn?: SpawnOptions;
}

const OUTPUT_CHARS_MAX = 4_000;

/**
 * Starts a server and resolves when it says that it is ready. It dies with this process.
 * @throws {Error} When it ends before that, with the end of what it printed.
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  const { command, args, ready } = options;
  const child = spawn(command, args, { ...options.spawn, stdio: ["ignore", "pipe", "pipe"] });
  const gone = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  process.once("exit", kill);

  let output = "";
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-OUTPUT_CHARS_MAX);
      if (output.includes(ready)) resolve();
    };
    child.stdout?.on("data", hear);
    child.stderr?.on("data", hear);
    child.once("error", reject);
    child.once("exit", (code) => {
      reject(new Error(`${command} ended with ${code} before it was ready:\n${output}`));
    });
  });
  return {
    pid: child.pid ?? 0,
    async stop(signal) {
      process.removeListener("exit", kill);
      child.kill(signal);
      await gone;
    },
  };
}
