import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { PeerCommand } from "../src/peers/peer-protocol.ts";

/** What a driver measures, in milliseconds; what it has no method for, its peer cannot do. */
export interface Driver {
  /** Its settings, and what is not like for like. */
  readonly notes: readonly string[];
  tasks?(count: number): Promise<number>;
  chain?(length: number): Promise<number>;
  fanOut?(width: number): Promise<number>;
  latency?(): Promise<number>;
  update?(): Promise<number>;
  close(): Promise<void>;
}

export interface PeerServers {
  /** Of an empty database. */
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

const COMMANDS = ["tasks", "chain", "fanOut", "latency", "update"] as const;

/**
 * Opens a driver and answers the bench until it says stop. What the peer itself prints goes to
 * stderr: stdout is for answers.
 */
export async function serve(
  peer: { readonly name: string; readonly package: string },
  open: (servers: PeerServers) => Promise<Driver>,
): Promise<void> {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  const tell = (said: object): void => void write(`${JSON.stringify(said)}\n`);

  const { PEER_DATABASE_URL: databaseUrl = "", PEER_REDIS_URL: redisUrl = "" } = process.env;
  const driver = await open({ databaseUrl, redisUrl });
  const does = COMMANDS.filter((command) => driver[command] !== undefined);
  const { name } = peer;
  tell({ ready: true, name, version: versionOf(peer.package), notes: driver.notes, does });

  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line) as PeerCommand | { readonly do: "stop" };
    if (command.do === "stop") {
      await driver.close();
      process.exit();
    }
    tell(await answer(driver, command));
  }
  // The bench is gone.
  process.exit(1);
}

async function answer(driver: Driver, command: PeerCommand): Promise<object> {
  try {
    if (command.do === "memory") return { rssMb: process.memoryUsage.rss() / 2 ** 20 };
    const ms = await measure(driver, command);
    return ms === undefined ? { error: `it cannot do ${command.do}` } : { ms };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function measure(
  driver: Driver,
  command: Exclude<PeerCommand, { readonly do: "memory" }>,
): Promise<number> | undefined {
  switch (command.do) {
    case "tasks":
      return driver.tasks?.(command.count);
    case "chain":
      return driver.chain?.(command.length);
    case "fanOut":
      return driver.fanOut?.(command.width);
    case "latency":
      return driver.latency?.();
    case "update":
      return driver.update?.();
  }
}

/** What is installed, whatever package.json asks for. */
function versionOf(name: string): string {
  const manifest = new URL(`node_modules/${name}/package.json`, import.meta.url);
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  return version;
}
