import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { PEER_CASES } from "./peer-cases.ts";
import { PEERS } from "./peers.ts";
import { perThousandMs } from "./questions.ts";

const FOLDER = path.join(import.meta.dirname, "../../peers");

describe.each(PEERS)("$name", ({ name, args, tasks, hasUpdates }) => {
  test("has a driver that is there", () => {
    expect(args.filter((each) => existsSync(each))).toHaveLength(1);
  });

  test("is given whole runs of ten tasks", () => {
    expect([tasks.quick % 10, tasks.full % 10]).toEqual([0, 0]);
  });

  test("is asked every question in a case of its own", () => {
    const cases = PEER_CASES.map((bench) => bench.name).filter((each) => each.endsWith(name));
    const questions = ["tasks", "chain", "fan-out", "latency", ...(hasUpdates ? ["update"] : [])];
    expect(cases).toEqual(questions.map((question) => `peers-${question}-${name}`));
  });
});

test("only peers with a durable DAG have a goal for their tasks, and DBOS one for its chain", () => {
  const goals = PEER_CASES.filter(({ ratioGoal }) => ratioGoal !== null);
  expect(goals.map(({ name, ratioGoal }) => [name, ratioGoal])).toEqual([
    ["peers-tasks-dbos", 0.1],
    ["peers-tasks-openworkflow", 0.1],
    ["peers-tasks-absurd", 0.1],
    ["peers-tasks-airflow", 0.1],
    ["peers-tasks-dagster", 0.1],
    ["peers-chain-dbos", 0.6],
  ]);
});

test("what Python peers need is pinned", () => {
  const python = PEERS.filter(({ command }) => command.endsWith("/python"));
  expect(python.map(({ name }) => name)).toEqual(["airflow", "dagster", "prefect"]);
  for (const { name } of python) {
    const file = path.join(FOLDER, "python", `requirements-${name}.txt`);
    const lines = readFileSync(file, "utf8").split("\n").filter(isRequirement);
    expect(lines).not.toEqual([]);
    expect(lines.filter((line) => !/^[\w.-]+==[\w.]+$/.test(line))).toEqual([]);
  }
});

test("a ratio is one of times per task, whoever is given more of them", () => {
  expect(perThousandMs(500, 20_000)).toBe(25);
  expect(perThousandMs(50, 2_000) / perThousandMs(500, 20_000)).toBe(1);
});

test("the peers' lock is of one registry", () => {
  const lock = readFileSync(path.join(FOLDER, "package-lock.json"), "utf8");
  const hosts = [...lock.matchAll(/"resolved": "https?:\/\/([^/"]+)/g)].map(([, host]) => host);
  expect(hosts.filter((host) => host !== "registry.npmjs.org")).toEqual([]);
});

function isRequirement(line: string): boolean {
  return line !== "" && !line.startsWith("#");
}
