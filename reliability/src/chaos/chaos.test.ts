import { execFile } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";
import { describeWithRedisBinary } from "../../../tests/harness/redis.ts";
import type { ChaosResult } from "./chaos-result.ts";
import { FAULTS } from "./rounds.ts";

const MAIN = path.join(import.meta.dirname, "..", "chaos-main.ts");
const ROUNDS = 25;
const TEST_MS_MAX = 900_000;

describeWithRedisBinary(
  "real processes on real servers, in front of which a proxy breaks things",
  () => {
    test(
      "keep every promise while each kind of fault happens once, and a few more",
      async () => {
        const result = await rig("--rounds", String(ROUNDS), "--pace-ms", "1300");
        expect(result.findings, `seed ${result.seed}, ${result.evidence}`).toEqual([]);
        expect(Object.keys(result.faults).toSorted()).toEqual(
          FAULTS.map(({ kind }) => kind).toSorted(),
        );
        expect(result).toMatchObject({ rounds: ROUNDS, lost: 0, doubled: 0, nonTerminal: 0 });
        expect(result.updates).toBeGreaterThan(0);
      },
      TEST_MS_MAX,
    );
  },
);

/** Exits with 1 when a promise was broken, and says so in what it prints. */
async function rig(...args: readonly string[]): Promise<ChaosResult> {
  const command = ["--conditions=@millrace/source", MAIN, ...args, "--json"];
  const { promise, resolve } = Promise.withResolvers<{ stdout: string; stderr: string }>();
  execFile(process.execPath, command, (_, stdout, stderr) => resolve({ stdout, stderr }));
  const { stdout, stderr } = await promise;
  if (stdout === "") throw new Error(`The rig has no result:\n${stderr}`);
  return JSON.parse(stdout) as ChaosResult;
}
