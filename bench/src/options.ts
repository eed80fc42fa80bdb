import { parseArgs } from "node:util";
import { chooseCases, unknownOf } from "./choose-cases.ts";
import type { BenchCase, CountCase } from "./harness.ts";

/** What a call of the bench asks for. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly json: boolean;
  readonly page: boolean;
  /** How often all of it is measured. */
  readonly runs: number;
  /** A git ref to compare with, by turns; null: measures this tree alone. */
  readonly against: string | null;
  /** Whether cases were asked for by name. */
  readonly isNamed: boolean;
  readonly cases: readonly Case[];
  /** What a quick run without names leaves out. */
  readonly leftOut: readonly Case[];
}

export type Case = BenchCase | CountCase;

const RUNS = 3;

/**
 * @param environment - `MILLRACE_BENCH_RUNS` stands for `--runs` where that is not given.
 * @returns Options, or in a sentence what is wrong with them.
 * @throws {TypeError} When there is an unknown option.
 */
export function readOptions(
  args: readonly string[],
  cases: readonly Case[],
  environment: Readonly<Record<string, string | undefined>>,
): BenchOptions | string {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
      runs: { type: "string" },
      against: { type: "string" },
      peer: { type: "string", multiple: true, default: [] },
    },
    allowPositionals: true,
  });
  const { quick, json } = values;
  const asked = { names: positionals, peers: values.peer, quick };
  const isNamed = asked.names.length + asked.peers.length > 0;
  const runs = Number(values.runs ?? environment["MILLRACE_BENCH_RUNS"] ?? (quick ? 1 : RUNS));
  const unknown = unknownOf(cases, asked);
  if (unknown.length > 0) {
    const known = cases.map(({ name }) => name).join(", ");
    return `No such case: ${unknown.join(", ")}. There are: ${known}.`;
  }
  if (!Number.isInteger(runs) || runs < 1) return "How often must be a whole number: --runs 3.";
  if (values.page && quick)
    return "A quick run says too little for the page: leave out --quick or --page.";
  if (values.page && values.against !== undefined)
    return "The page is of one tree: leave out --against or --page.";
  const chosen = chooseCases(cases, asked);
  return {
    ...{ quick, json, runs, isNamed, against: values.against ?? null },
    page: values.page || !(quick || json || isNamed),
    cases: chosen,
    leftOut: isNamed || !quick ? [] : cases.filter((bench) => !chosen.includes(bench)),
  };
}
