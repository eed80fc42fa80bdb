import { MillraceError } from "@millrace/core/internal";

/** Where connections come from: `process.env` and `readFile`, or a test's own. */
export interface ConnectionSource {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<string>;
}

/** How to reach another system, and as whom. Never stored: checks know connections by name. */
export interface Connection {
  /** Without credentials and without a slash at its end; null: not set. */
  readonly url: string | null;
  readonly login: { readonly username: string; readonly password: string } | null;
  readonly token: string | null;
}

export type ConnectionRead =
  | { readonly ok: true; readonly connection: Connection }
  /** Which variable to set, or to mend. */
  | { readonly ok: false; readonly problem: string };

/** Why a name is none of a connection, as a sentence with its mend; null when it is one. */
export function connectionNameProblem(name: unknown): string | null {
  const shown = JSON.stringify(typeof name === "string" ? name.slice(0, 80) : typeof name);
  if (typeof name !== "string" || !/^[a-z][a-z0-9_-]{0,62}$/.test(name))
    return `${shown} is no name of a connection; write 1 to 63 lower-case letters, digits, "_" and "-", beginning with a letter.`;
  // Its variable would be another one's token, or path of a file.
  if (/[_-](token|file)$/.test(name))
    return `The connection ${shown} ends with a word that its variables end with; leave that out.`;
  return null;
}

/** The name of the environment variable that says where a connection leads. */
export function connectionVariable(name: string): string {
  return `MILLRACE_CONNECTION_${name.replaceAll("-", "_").toUpperCase()}`;
}

/**
 * Reads a connection: `MILLRACE_CONNECTION_<NAME>` is its URL, with a user and a password in it
 * or not, and `MILLRACE_CONNECTION_<NAME>_TOKEN` a token; either with `_FILE` for the path of a
 * file that holds the value. It is read for every ask, so that a token may change.
 *
 * @param isUrlNeeded - Some systems have an address that everybody knows.
 */
export async function readConnection(
  name: string,
  source: ConnectionSource,
  isUrlNeeded = true,
): Promise<ConnectionRead> {
  const variable = connectionVariable(name);
  try {
    const given = await readVariable(variable, source);
    const token = await readVariable(`${variable}_TOKEN`, source);
    if (given !== null) return withUrl(given, token, variable);
    if (!isUrlNeeded) return { ok: true, connection: { url: null, login: null, token } };
    const mend = `set ${variable} or ${variable}_FILE where the scheduler runs`;
    return { ok: false, problem: `the connection ${name} is not set; ${mend}` };
  } catch (error) {
    if (MillraceError.is(error, "INPUT_INVALID")) return { ok: false, problem: error.message };
    throw error;
  }
}

/** As {@link readConnection}. @throws When it cannot be read; says which variable to mend. */
export async function openConnection(name: string, source: ConnectionSource): Promise<Connection> {
  const read = await readConnection(name, source);
  if (read.ok) return read.connection;
  throw new Error(`${read.problem}.`);
}

/** Of a connection, with its user and password in it again, for clients that look there only. */
export function urlWithLogin({ url, login }: Pick<Connection, "url" | "login">): URL | null {
  const found = URL.parse(url ?? "");
  if (found === null || login === null) return found;
  found.username = encodeURIComponent(login.username);
  found.password = encodeURIComponent(login.password);
  return found;
}

function withUrl(given: string, token: string | null, variable: string): ConnectionRead {
  const url = URL.parse(given);
  // What was given may hold a password: it is not repeated.
  if (url === null || url.host === "")
    return { ok: false, problem: `${variable} is no URL; write one like https://host.example` };
  // Paths are put behind it, and it is shown to people: a token in it would be lost, or seen.
  if (/^https?:$/.test(url.protocol) && url.search + url.hash !== "") {
    const mend = `leave it out, and give a token as ${variable}_TOKEN`;
    return { ok: false, problem: `${variable} has a query or a fragment; ${mend}` };
  }
  const { username, password } = url;
  const login =
    username === "" && password === ""
      ? null
      : { username: decoded(username), password: decoded(password) };
  url.username = "";
  url.password = "";
  return { ok: true, connection: { url: url.href.replace(/\/+$/, ""), login, token } };
}

/** A `%` that begins no escape stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function readVariable(variable: string, source: ConnectionSource): Promise<string | null> {
  // An empty variable is one that is not set.
  const value = source.environment[variable] ?? "";
  if (value !== "") return value;
  const path = source.environment[`${variable}_FILE`] ?? "";
  if (path === "") return null;
  try {
    return (await source.readFile(path)).replace(/\r?\n$/, "");
  } catch (cause) {
    const issue = `${variable}_FILE names ${path}, which cannot be read`;
    throw new MillraceError("INPUT_INVALID", { what: variable, issues: [issue] }, issue, { cause });
  }
}
