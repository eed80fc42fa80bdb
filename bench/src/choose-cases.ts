import type { BenchCase, CountCase } from "./harness.ts";

type AnyCase = BenchCase | CountCase;

/** What the command line asks for. */
export interface Asked {
  /** Cases, or groups of them. */
  readonly names: readonly string[];
  readonly peers: readonly string[];
  readonly quick: boolean;
}

/**
 * The cases of those names, of those peers, or of both when both are given; without either all, or
 * in a quick run the quick ones. Those that want to be asked for are there when their own
 * name or their peer's is, not for that of a group.
 */
export function chooseCases<Case extends AnyCase>(
  cases: readonly Case[],
  { names, peers, quick }: Asked,
): readonly Case[] {
  const isMeant = (bench: AnyCase) =>
    names.length === 0 || names.some((name) => isMeantBy(name, bench));
  const isOfPeer = (bench: AnyCase) =>
    peers.length === 0 || ("peer" in bench && peers.includes(bench.peer ?? ""));
  const isLeftOut = (bench: AnyCase) => {
    if (peers.length > 0) return false;
    if ("onlyAsked" in bench && bench.onlyAsked === true) return !names.includes(bench.name);
    return quick && names.length === 0 && bench.isQuick !== true;
  };
  return cases.filter((bench) => isMeant(bench) && isOfPeer(bench) && !isLeftOut(bench));
}

/** What is asked for, and is not there. */
export function unknownOf(cases: readonly AnyCase[], { names, peers }: Asked): readonly string[] {
  const known = new Set(cases.map((bench) => ("peer" in bench ? bench.peer : undefined)));
  return [
    ...names.filter((name) => !cases.some((bench) => isMeantBy(name, bench))),
    ...peers.filter((peer) => !known.has(peer)).map((peer) => `--peer ${peer}`),
  ];
}

function isMeantBy(name: string, bench: AnyCase): boolean {
  return bench.name === name || bench.name.startsWith(`${name}-`);
}
