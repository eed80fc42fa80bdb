import type { TestProject } from "vitest/node";
import { dockerAnswers, findPostgres, findRedis, type TestServer } from "./find-server.ts";
import { createTemplate } from "./template.ts";

declare module "vitest" {
  interface ProvidedContext {
    readonly servers: {
      /** A server on which databases may be made and dropped; null without one. */
      readonly postgres: { readonly url: string; readonly template: string } | null;
      readonly redis: { readonly url: string } | null;
    };
  }
}

/** Finds or starts what the `stores` tests need, and stops again what it started. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const ends: (() => Promise<void>)[] = [];
  const teardown = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    const hasDocker = needsServer() && dockerAnswers();
    const postgres = await findPostgres(hasDocker);
    if (postgres !== null) ends.push(() => postgres.stop());
    const redis = await findRedis(hasDocker);
    if (redis !== null) ends.push(() => redis.stop());
    announce("Postgres", postgres, "MILLRACE_TEST_DATABASE_URL");
    announce("Redis", redis, "MILLRACE_TEST_REDIS_URL");

    const template = postgres === null ? null : await createTemplate(postgres.url);
    if (template !== null) ends.push(() => template.drop());
    project.provide("servers", {
      postgres:
        postgres === null || template === null
          ? null
          : { url: postgres.url, template: template.name },
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
function announce(name: string, server: TestServer | null, variable: string): void {
  if (server !== null) {
    console.warn(`[tests] ${name}: ${server.from}`);
    return;
  }
  const mend = `Set ${variable}, start Docker, or install ${name}.`;
  if (process.env["CI"]) throw new Error(`No ${name} to test against. ${mend}`);
  console.warn(`[tests] NO ${name.toUpperCase()}: ITS SUITES ARE SKIPPED. ${mend}`);
}
