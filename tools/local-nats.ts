import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "./free-port.ts";
import { startLocalServer } from "./local-server.ts";

export interface LocalNats {
  readonly url: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Debian puts it where only root's PATH leads. */
const BINARIES = ["nats-server", "/usr/sbin/nats-server"];

/** The nats-server on PATH, or null. */
export function natsBinary(): string | null {
  return BINARIES.find((name) => spawnSync(name, ["--version"]).status === 0) ?? null;
}

export interface LocalNatsOptions {
  /** Null: any free one. Naming the port of a stopped one brings it back. */
  readonly port?: number | null;
  /** Where its streams are kept; one that is given outlives it. */
  readonly directory?: string;
  readonly flags?: readonly string[];
}

/** A private NATS with JetStream on a loopback port. */
export async function startLocalNats(
  binary: string,
  { port = null, directory, flags = [] }: LocalNatsOptions = {},
): Promise<LocalNats> {
  const kept = directory ?? mkdtempSync(path.join(tmpdir(), "nats-"));
  const chosen = port ?? (await freePort());
  const server = await startLocalServer({
    command: binary,
    args: ["-a", "127.0.0.1", "-p", String(chosen), "-js", "-sd", kept, ...flags],
    ready: "Server is ready",
  });
  return {
    url: `nats://127.0.0.1:${chosen}`,
    port: chosen,
    async stop() {
      await server.stop("SIGTERM");
      if (directory === undefined) rmSync(kept, { recursive: true, force: true });
    },
  };
}
