import { defineConfig } from "vitest/config";
import { sources } from "../../vitest.config.ts";

/** `npm run test:moto`: no part of `npm test`, as it installs a server from PyPI. */
export default defineConfig({
  ...sources,
  test: {
    include: ["tests/moto/*.moto.ts"],
    reporters: ["verbose", "./tools/count-reporter.ts"],
    testTimeout: 120_000,
    // The first time, Python's packages are installed.
    hookTimeout: 600_000,
  },
});
