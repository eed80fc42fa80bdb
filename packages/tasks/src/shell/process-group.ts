import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";

/** How long what was asked to end may take, before it is ended: less than workers wait for it. */
const GRACE_MS = 1_500;
/** How long what a command left behind may go on writing once the command itself has ended. */
const LINGER_MS = 1_000;

/**
 * Starts a command in a process group of its own, so that what it starts ends with it. On Windows,
 * which has no such groups, the command alone is ended.
 */
export function spawnGroup(
  command: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(command, args, { ...options, shell: false, detached: !isWindows });
  child.once("exit", () => endAfter(child, LINGER_MS));
  return child;
}

/** Asks the group to end, and ends it when it takes too long. */
export function stopGroup(child: ChildProcess): void {
  signalGroup(child, "SIGTERM");
  endAfter(child, GRACE_MS);
}

function endAfter(child: ChildProcess, ms: number): void {
  const kill = setTimeout(() => {
    signalGroup(child, "SIGKILL");
    // What has left the group is out of reach, but nobody waits for its output.
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, ms);
  child.once("close", () => clearTimeout(kill));
}

/** No error where nobody is left. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(isWindows ? pid : -pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

const isWindows = process.platform === "win32";
