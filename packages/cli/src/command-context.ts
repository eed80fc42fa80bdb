import path from "node:path";
import { isRecord } from "@millrace/core/internal";
import { openBlobStore } from "@millrace/worker";
import type { Command } from "commander";
import type { Services } from "./compose.ts";
import type { ExitCode } from "./exit-code.ts";
import { inputInvalid } from "./input/input-invalid.ts";
import { checkServiceUrl } from "./input/service-url.ts";
import type { ProjectInput } from "./project/load-project.ts";
import { Terminal } from "./terminal/terminal.ts";

/** What every command gets, made from the options that every command takes. */
export interface CommandContext {
  readonly terminal: Terminal;
  readonly services: Services;
  /** True when the user named a server, or said where the embedded data lies. */
  readonly isDatabaseGiven: boolean;
  readonly directory: string;
  project(files: readonly string[]): ProjectInput;
}

/** Runs what a command does, with what every command gets. */
export type Runner = (
  command: Command,
  work: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;

/** The options that every command takes. */
interface GlobalOptions {
  readonly database?: string;
  readonly data: string;
  readonly redis?: string;
  readonly blobs?: string;
  readonly project?: string;
  readonly build?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly color: boolean;
}

/** @throws {INPUT_INVALID} When a URL is none that can be used. */
export function contextOf(command: Command): CommandContext {
  const options = command.optsWithGlobals<GlobalOptions>();
  const directory = process.cwd();
  return {
    terminal: terminalOf(options),
    services: servicesOf(options, directory),
    isDatabaseGiven:
      hasText(options.database) || command.getOptionValueSourceWithGlobals("data") !== "default",
    directory,
    project: (files) => ({
      files,
      name: options.project ?? null,
      build: options.build ?? null,
      directory,
    }),
  };
}

/** Also for errors that come before there is a context. */
export function terminalOf(options: Partial<GlobalOptions>): Terminal {
  const { json = false, quiet = false, verbose = false, color = true } = options;
  const { stdout, stderr, env } = process;
  return new Terminal({ json, quiet, verbose, color }, { stdout, stderr, environment: env });
}

function servicesOf(options: GlobalOptions, directory: string): Services {
  const { database, data, redis } = options;
  refuseJson(data);
  const given = hasText(options.blobs) ? blobPlace(options.blobs, directory) : null;
  if (!hasText(database)) {
    // Bells of the embedded database ring in its one process: there is nobody else to wake.
    const blobs = given ?? path.resolve(directory, data, "blobs");
    return { database: { directory: path.resolve(directory, data, "db") }, redisUrl: null, blobs };
  }
  checkServiceUrl("--database", database, ["postgres:", "postgresql:"]);
  if (hasText(redis)) checkServiceUrl("--redis", redis, ["redis:", "rediss:"]);
  return { database: { url: database }, redisUrl: hasText(redis) ? redis : null, blobs: given };
}

/** @throws {INPUT_INVALID} When it is neither a directory nor a bucket. */
function blobPlace(text: string, directory: string): string {
  const place = /^[a-z][a-z0-9+.-]+:\/\//i.test(text) ? text : path.resolve(directory, text);
  openBlobStore(place);
  return place;
}

/** An empty variable of the environment is one that is not set. */
function hasText(text: string | undefined): text is string {
  return text !== undefined && text !== "";
}

/**
 * The server's services.
 *
 * @throws {INPUT_INVALID} Without a server: the embedded database is one process only.
 */
export function serverServices({ services }: CommandContext, command: string): Services {
  if (isRecord(services.database) && "url" in services.database) return services;
  throw inputInvalid("--database", [
    `millrace ${command} shares its work with other processes, which takes a PostgreSQL server: ` +
      "name it with --database or MILLRACE_DATABASE_URL. For one process with an embedded " +
      "database there is `millrace dev`.",
  ]);
}

/** `--data` is the directory, whatever the command: JSON there would be lost in silence. */
function refuseJson(data: string): void {
  if (!/^\s*[[{"]/u.test(data)) return;
  throw inputInvalid("--data", [
    `--data is the directory of the embedded database, and ${data} is none. ` +
      "The data of an event are --payload, those of an update --metadata.",
  ]);
}
