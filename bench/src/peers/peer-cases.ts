import type { BenchCase } from "../harness.ts";
import { PEERS } from "./peers.ts";
import { prepareBeside } from "./beside.ts";
import { QUESTIONS } from "./questions.ts";

/** Every question to every peer: `peers-chain` is the group of those about chains. */
export const PEER_CASES: readonly BenchCase[] = QUESTIONS.flatMap((question) =>
  PEERS.filter((peer) => question.isFor?.(peer) ?? true).map((peer) => ({
    name: `peers-${question.name}-${peer.name}`,
    title: `${question.title}, beside ${peer.name}`,
    ratioGoal: question.ratioGoal(peer),
    ...{ peer: peer.name, onlyAsked: peer.roundsMax !== undefined },
    prepare: (quick: boolean) => prepareBeside(peer, question, quick),
  })),
);
