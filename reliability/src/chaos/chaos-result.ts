import type { Finding } from "./finding.ts";
import type { RecoveryFigures } from "./recovery.ts";

/** What the rig has seen; its figures are those that the promises are about. */
export interface ChaosResult extends RecoveryFigures {
  readonly seed: number;
  readonly rounds: number;
  /** Updates from outside; tasks make more. */
  readonly updates: number;
  readonly events: number;
  readonly runsByHand: number;
  readonly runs: number;
  readonly attempts: number;
  readonly lost: number;
  readonly doubled: number;
  readonly nonTerminal: number;
  /** Late finishes that the database refused. */
  readonly fenced: number;
  /** By kind, how often it was injected. */
  readonly faults: Readonly<Record<string, number>>;
  readonly commitsCut: { readonly before: number; readonly after: number };
  readonly secondsToRest: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  /** Where everything is kept that tells of the findings; null without any. */
  readonly evidence: string | null;
}

const SHOWN_MAX = 20;

/** The result, for people. */
export function resultText(result: ChaosResult): string {
  const { findings, recoveries } = result;
  const faults = Object.entries(result.faults).map(([kind, count]) => `  ${kind}: ${count}`);
  const shown = findings.slice(0, SHOWN_MAX).map(({ kind, what }) => `  ${kind}: ${what}`);
  const recovery =
    recoveries === 0
      ? "Recovery was not measured: no worker was killed while nothing else was broken."
      : `Recovery of ${recoveries} attempts whose worker was killed and nothing else: ` +
        `p50 ${result.recoveryP50Ms} ms, p99 ${result.recoveryP99Ms} ms, ` +
        `max ${result.recoveryMaxMs} ms; of that until they were ready again ` +
        `p50 ${result.handedBackP50Ms} ms, p99 ${result.handedBackP99Ms} ms.`;
  return [
    `Seed ${result.seed}: ${result.rounds} faults in ${result.seconds} s.`,
    ...faults,
    `${result.commitsCut.before} commits were cut before and ${result.commitsCut.after} after.`,
    `${result.updates} updates, ${result.events} events, ${result.runsByHand} runs by hand from ` +
      `outside; ${result.runs} runs, ${result.attempts} attempts.`,
    `At rest ${result.secondsToRest} s after the last fault had healed.`,
    `Lost ${result.lost}, doubled ${result.doubled}, not terminal ${result.nonTerminal}; ` +
      `late finishes fenced ${result.fenced}.`,
    recovery,
    ...(findings.length === 0 ? [] : [`${findings.length} broken promises:`, ...shown]),
    ...(result.evidence === null ? [] : [`Evidence: ${result.evidence}`]),
  ].join("\n");
}
