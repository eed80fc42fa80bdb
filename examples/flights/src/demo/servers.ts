import { migrate, openServer } from "@millrace/postgres";
import { aptInstall } from "../../../../tools/apt-install.ts";
import { postgresBinaries, startLocalPostgres } from "../../../../tools/local-postgres.ts";
import { redisBinary, startLocalRedis } from "../../../../tools/local-redis.ts";
import { composeServers } from "./compose-servers.ts";
import type { Screen } from "./screen.ts";

export interface Servers {
  readonly databaseUrl: string;
  readonly redisUrl: string;
}

/**
 * The Postgres and Redis that the environment names, else those of docker-compose.yml where Docker
 * answers, else private ones from local binaries, whose contents go with this process. Brings the
 * database to the present schema.
 *
 * @throws {Error} When a server is neither named nor installed.
 */
export async function findServers(screen: Screen, cleanup: AsyncDisposableStack): Promise<Servers> {
  const { MILLRACE_DATABASE_URL: namedDatabase, MILLRACE_REDIS_URL: namedRedis } = process.env;
  const areNamed = namedDatabase !== undefined && namedRedis !== undefined;
  const composed = areNamed ? null : await composeServers(screen, cleanup);
  const databaseUrl = namedDatabase ?? composed?.databaseUrl ?? (await startPostgres(cleanup));
  const redisUrl = namedRedis ?? composed?.redisUrl ?? (await startRedis(cleanup));
  screen.say(`  Postgres  ${withoutPassword(databaseUrl)}`);
  screen.say(`  Redis     ${withoutPassword(redisUrl)}`);
  const database = openServer({ url: databaseUrl, connectionsMax: 1 });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
  return { databaseUrl, redisUrl };
}

async function startPostgres(cleanup: AsyncDisposableStack): Promise<string> {
  const binaries =
    (await postgresBinaries()) ?? (aptInstall("postgresql") ? await postgresBinaries() : null);
  if (binaries === null) throw missing("Postgres", "MILLRACE_DATABASE_URL");
  const server = await startLocalPostgres(binaries);
  cleanup.defer(() => server.stop());
  return server.url;
}

async function startRedis(cleanup: AsyncDisposableStack): Promise<string> {
  const binary = redisBinary() ?? (aptInstall("redis-server") ? redisBinary() : null);
  if (binary === null) throw missing("Redis", "MILLRACE_REDIS_URL");
  const server = await startLocalRedis(binary);
  cleanup.defer(() => server.stop());
  return server.url;
}

function missing(name: string, variable: string): Error {
  return new Error(
    `There is no ${name} for --services. Install it, start Docker, or set ${variable}. ` +
      "Without --services the demo needs neither.",
  );
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  if (shown.password !== "") shown.password = "***";
  return shown.toString();
}
