import { expect, test } from "vitest";
import { unfitness } from "./redis-fit.ts";

const info = (version: string, policy: string): string =>
  `# Server\r\nredis_version:${version}\r\n# Memory\r\nmaxmemory_policy:${policy}\r\n`;

test.each(["6.2.0", "6.10.1", "7.0.15", "10.1.0"])("version %s is new enough", (version) => {
  expect(unfitness(info(version, "noeviction"))).toBeNull();
});

test.each(["5.9.9", "6.1.9"])("version %s is too old", (version) => {
  expect(unfitness(info(version, "noeviction"))).toContain(`version is ${version}`);
});

test("what the server does not tell is not held against it", () => {
  expect(unfitness("# Server\r\n")).toBeNull();
});
