import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where Debian puts the programs of each version. */
const SYSTEM = "/usr/lib/postgresql";

/** What Postgres's own benchmark says of this server, or why it says nothing. */
export async function pgbenchText(url: string, seconds: number): Promise<string> {
  const pgbench = findPgbench();
  const mode = ["-N", "-M", "prepared", "-c", "1", "-T", String(seconds)];
  try {
    await run(pgbench, ["-i", "-q", "-s", "1", url]);
    const { stdout } = await run(pgbench, [...mode, url]);
    const latency = /latency average = (.*)/.exec(stdout)?.[1];
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    return `pgbench, simple update, one client for ${seconds} s: ${latency ?? "?"}, ${Math.round(Number(rate)).toLocaleString("en-US")} a second`;
  } catch (error) {
    if (isMissing(error)) return "pgbench is not here: Debian's postgresql brings it";
    throw error;
  }
}

/** Of the newest version of the system; the npm package of Postgres comes without it. */
function findPgbench(): string {
  const versions = existsSync(SYSTEM) ? readdirSync(SYSTEM) : [];
  const found = versions
    .toSorted((one, other) => Number(other) - Number(one))
    .map((version) => `${SYSTEM}/${version}/bin/pgbench`)
    .find((file) => existsSync(file));
  return found ?? "pgbench";
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
