import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
export const PROJECTS: string = fileURLToPath(new URL("./projects/", import.meta.url));

export interface MillraceOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in a process of its own. */
export interface Millrace {
  readonly ended: Promise<Ended>;
  /** Resolves with that match when its output, of either kind, has matched so many times. */
  said(pattern: RegExp, times?: number): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
}

const running = new Set<ChildProcess>();

/** Ends what a test that failed has left running. */
export function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** Starts `millrace ...args`; only the environment that is given here reaches its settings. */
export function startMillrace(args: readonly string[], options: MillraceOptions = {}): Millrace {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("MILLRACE_"));
  const child = spawn(process.execPath, ["--conditions=@millrace/source", MAIN, ...args], {
    cwd: options.cwd ?? PROJECTS,
    env: { ...Object.fromEntries(inherited), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const output = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
      for (const watch of watchers) watch();
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, ...output });
    });
  });
  return { ended, said, kill: (signal) => void child.kill(signal) };

  function said(pattern: RegExp, times = 1): Promise<RegExpExecArray> {
    const global = new RegExp(pattern, "g");
    return new Promise((resolve, reject) => {
      const watch = (): void => {
        const matches = [...(output.stdout + output.stderr).matchAll(global)];
        const last = matches[times - 1];
        if (last !== undefined) resolve(last);
      };
      watchers.add(watch);
      watch();
      void ended.then(() =>
        reject(new Error(`it ended without saying ${pattern}: ${JSON.stringify(output)}`)),
      );
    });
  }
}

/** Runs `millrace ...args` to its end. */
export function millrace(args: readonly string[], options?: MillraceOptions): Promise<Ended> {
  return startMillrace(args, options).ended;
}
