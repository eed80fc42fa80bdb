import type { ChildProcess } from "node:child_process";
import { StringDecoder } from "node:string_decoder";
import { LineSplitter } from "@millrace/core/internal";
import type { HelperContext } from "../helper-context.ts";
import { timeLimitMs } from "../time-limit.ts";
import { OutputTail } from "./output-tail.ts";
import { spawnGroup, stopGroup } from "./process-group.ts";
import { ShellError } from "./shell-error.ts";
import type { ShellOptions, ShellOutput } from "./shell-options.ts";

export interface Command {
  /** How messages call it. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
}

const OUTPUT_BYTES_MAX = 1_048_576;
const TOLD_LINES_MAX = 20;
const TOLD_LENGTH_MAX = 4_096;

/**
 * Runs a command to its end, telling the log of each line that it writes.
 *
 * @throws {ShellError} When it cannot be started, ends otherwise than with 0, or takes too long.
 * @throws The signal's reason, when it aborts; what runs has ended by then.
 */
export async function runCommand(
  context: HelperContext,
  command: Command,
  options: ShellOptions,
): Promise<ShellOutput> {
  const timeoutMs = timeLimitMs(options.timeout);
  context.signal.throwIfAborted();
  const child = spawnGroup(command.file, command.args, {
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const bytesMax = options.outputBytesMax ?? OUTPUT_BYTES_MAX;
  const stdout = keep(child.stdout, bytesMax, (line) => context.log.info(line));
  const stderr = keep(child.stderr, bytesMax, (line) =>
    context.log.info(line, { stream: "stderr" }),
  );
  feed(child, options.input);
  const stopped = stopOn(context.signal, timeoutMs, () => stopGroup(child));
  try {
    const end = await endOf(child, command.name);
    context.signal.throwIfAborted();
    if (stopped.isLate()) {
      throw new ShellError(`${command.name} took longer than its timeout of ${options.timeout}`);
    }
    const last = lastLines(stderr.text() || stdout.text());
    if (end.exitCode !== 0) throw new ShellError(`${command.name} ${endWords(end)}${last}`, end);
    const isCut = stdout.isCut || stderr.isCut;
    return { stdout: stdout.text(), stderr: stderr.text(), isCut };
  } finally {
    stopped.release();
  }
}

interface End {
  readonly exitCode: number | null;
  readonly signal: string | null;
}

function endOf(child: ChildProcess, name: string): Promise<End> {
  return new Promise((resolve, reject) => {
    child.once("error", ({ message }) => {
      reject(new ShellError(`${name} could not be started: ${message}`));
    });
    child.once("close", (exitCode, signal) => resolve({ exitCode, signal }));
  });
}

function keep(
  stream: NodeJS.ReadableStream | null,
  bytesMax: number,
  tell: (line: string) => void,
): OutputTail {
  const tail = new OutputTail(bytesMax);
  const lines = new LineSplitter(tell);
  const decoder = new StringDecoder("utf8");
  stream?.on("data", (chunk: Buffer) => {
    tail.write(chunk);
    lines.write(decoder.write(chunk));
  });
  stream?.on("end", () => lines.end());
  return tail;
}

function feed({ stdin }: ChildProcess, input: ShellOptions["input"]): void {
  // A command need not read what it is given: that it closed its input is no failure.
  stdin?.on("error", () => {});
  stdin?.end(input);
}

function stopOn(
  signal: AbortSignal,
  timeoutMs: number | null,
  stop: () => void,
): { readonly isLate: () => boolean; readonly release: () => void } {
  let isLate = false;
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => {
          isLate = true;
          stop();
        }, timeoutMs);
  signal.addEventListener("abort", stop, { once: true });
  return {
    isLate: () => isLate,
    release() {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}

function endWords({ exitCode, signal }: End): string {
  return signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
}

function lastLines(text: string): string {
  const lines = text.trimEnd().split(/\r?\n/).slice(-TOLD_LINES_MAX).join("\n");
  return lines === "" ? "" : `:\n${lines.slice(-TOLD_LENGTH_MAX)}`;
}
