/** Finds the servers that tests need: named by the environment, in Docker, or local binaries. */
import { spawnSync } from "node:child_process";
import { aptInstall } from "../../tools/apt-install.ts";
import { natsBinary, startLocalNats } from "../../tools/local-nats.ts";
import { postgresBinaries, startLocalPostgres } from "../../tools/local-postgres.ts";
import { redisBinary, startLocalRedis } from "../../tools/local-redis.ts";

export interface TestServer {
  readonly url: string;
  /** Where it came from, for people who wonder. */
  readonly from: string;
  stop(): Promise<void>;
}

const PROBE_MS = 2_000;

/** Whether a Docker engine answers, asked once and in at most two seconds. */
export function dockerAnswers(): boolean {
  const args = ["version", "--format", "{{.Server.Version}}"];
  return spawnSync("docker", args, { timeout: PROBE_MS, stdio: "ignore" }).status === 0;
}

const leaveRunning = async (): Promise<void> => {};

/** @returns Null when there is none and none can be started. */
export async function findPostgres(hasDocker: boolean): Promise<TestServer | null> {
  const named = process.env["MILLRACE_TEST_DATABASE_URL"];
  if (named) return { url: named, from: "MILLRACE_TEST_DATABASE_URL", stop: leaveRunning };
  if (hasDocker) return startPostgresContainer();
  const binaries =
    (await postgresBinaries()) ?? (aptInstall("postgresql") ? await postgresBinaries() : null);
  if (binaries === null) return null;
  const server = await startLocalPostgres(binaries);
  return { url: server.url, from: binaries, stop: () => server.stop() };
}

/** @returns Null when there is none and none can be started. */
export async function findRedis(hasDocker: boolean): Promise<TestServer | null> {
  const named = process.env["MILLRACE_TEST_REDIS_URL"];
  if (named) return { url: named, from: "MILLRACE_TEST_REDIS_URL", stop: leaveRunning };
  if (hasDocker) return startRedisContainer();
  const binary = redisBinary() ?? (aptInstall("redis-server") ? redisBinary() : null);
  if (binary === null) return null;
  const server = await startLocalRedis(binary);
  return { url: server.url, from: binary, stop: () => server.stop() };
}

/** @returns Null when there is none and none can be started. */
export async function findNats(hasDocker: boolean): Promise<TestServer | null> {
  const named = process.env["MILLRACE_TEST_NATS_URL"];
  if (named) return { url: named, from: "MILLRACE_TEST_NATS_URL", stop: leaveRunning };
  if (hasDocker) return startNatsContainer();
  const binary = natsBinary() ?? (aptInstall("nats-server") ? natsBinary() : null);
  if (binary === null) return null;
  const server = await startLocalNats(binary);
  return { url: server.url, from: binary, stop: () => server.stop() };
}

async function startPostgresContainer(): Promise<TestServer> {
  const { startContainer } = await import("./docker.ts");
  const settings = ["fsync=off", "synchronous_commit=off", "max_connections=200"];
  const server = await startContainer({
    image: "postgres:18-alpine",
    port: 5432,
    command: ["postgres", ...settings.flatMap((setting) => ["-c", setting])],
    env: { POSTGRES_HOST_AUTH_METHOD: "trust" },
    // The image starts the server once to set it up, and then for good.
    ready: { text: "database system is ready to accept connections", times: 2 },
  });
  const url = `postgres://postgres@${server.host}:${server.port}/postgres`;
  return { url, from: "Docker", stop: () => server.stop() };
}

async function startRedisContainer(): Promise<TestServer> {
  const { startContainer } = await import("./docker.ts");
  const server = await startContainer({
    image: "redis:8-alpine",
    port: 6379,
    command: ["redis-server", "--save", "", "--maxmemory-policy", "noeviction"],
    env: {},
    ready: { text: "Ready to accept connections", times: 1 },
  });
  const url = `redis://${server.host}:${server.port}`;
  return { url, from: "Docker", stop: () => server.stop() };
}

async function startNatsContainer(): Promise<TestServer> {
  const { startContainer } = await import("./docker.ts");
  const server = await startContainer({
    image: "nats:2-alpine",
    port: 4222,
    command: ["nats-server", "-js"],
    env: {},
    ready: { text: "Server is ready", times: 1 },
  });
  const url = `nats://${server.host}:${server.port}`;
  return { url, from: "Docker", stop: () => server.stop() };
}
