import { spawnSync } from "node:child_process";
import path from "node:path";
import { freePort } from "../../../../tools/free-port.ts";
import type { Screen } from "./screen.ts";
import type { Servers } from "./servers.ts";

const ROOT = path.join(import.meta.dirname, "../../../..");
const ANSWER_MS_MAX = 5_000;
const START_MS_MAX = 180_000;
const PASSWORD = "millrace-demo";

/**
 * Postgres and Redis of docker-compose.yml, under a project name of the demo's own: what somebody
 * runs from the same file is let be. The containers go with this process, their volumes stay.
 *
 * @returns Null where Docker Compose does not answer, or cannot start them.
 */
export async function composeServers(
  screen: Screen,
  cleanup: AsyncDisposableStack,
): Promise<Servers | null> {
  const [postgresPort, redisPort] = await Promise.all([freePort(), freePort()]);
  const environment = {
    POSTGRES_PORT: String(postgresPort),
    REDIS_PORT: String(redisPort),
    POSTGRES_PASSWORD: PASSWORD,
  };
  const compose = (args: readonly string[], timeout: number): boolean => {
    const spawned = spawnSync("docker", ["compose", "--project-name", "millrace-demo", ...args], {
      cwd: ROOT,
      timeout,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "ignore", args.includes("up") ? "inherit" : "ignore"],
    });
    return spawned.status === 0;
  };
  if (!compose(["ls"], ANSWER_MS_MAX)) return null;
  cleanup.defer(() => void compose(["down"], START_MS_MAX));
  if (!compose(["up", "--detach", "--wait", "postgres", "redis"], START_MS_MAX)) {
    screen.say("  Docker Compose did not start Postgres and Redis; looking for local ones.");
    return null;
  }
  return {
    databaseUrl: `postgres://millrace:${PASSWORD}@127.0.0.1:${postgresPort}/millrace`,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
  };
}
