import { defineConfig } from "vitest/config";
import { sources } from "../../vitest.config.ts";

/** `npm run test:airflow`: no part of `npm test`, as it installs and starts whole Airflows. */
export default defineConfig({
  ...sources,
  test: {
    include: ["tests/airflow/*.test.ts"],
    globalSetup: ["./tests/harness/servers.ts", "./tests/airflow/install.ts"],
    reporters: ["verbose"],
    // One Airflow at a time is enough for two cores.
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 800_000,
  },
});
