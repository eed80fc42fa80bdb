import { type Instant, type JsonValue, present } from "@millrace/core/internal";
import { type ExternalRun, toRunValue } from "./external-run.ts";
import type { Observation } from "./observation.ts";
import type { RunCheck, RunKind } from "./run-check.ts";
import type { WantedRun } from "./select-runs.ts";

/** Which of a system's states end a wait, well or badly. */
export interface StateWords {
  readonly allowed: readonly string[];
  readonly failed: readonly string[];
}

type PartType = "failed" | "missing" | "running" | "succeeded";

interface Part {
  readonly type: PartType;
  readonly said: string;
  readonly url: string | null;
}

/** Of several parts this decides, the first that is there: all must be well, or any. */
const FIRST_OF: Readonly<Record<RunCheck["mode"], readonly PartType[]>> = {
  all: ["failed", "missing", "running", "succeeded"],
  any: ["succeeded", "running", "missing", "failed"],
};

/**
 * What the runs that a check means amount to. A state in both lists is allowed; one in neither
 * is still running, so that a state which a new version of a system brings fails nothing.
 */
export function judgeRuns(
  check: RunCheck<RunKind>,
  wanted: readonly WantedRun[],
  words: StateWords,
  at: Instant,
): Observation {
  const used = {
    allowed: check.allowedStates ?? words.allowed,
    failed: check.failedStates ?? words.failed,
  };
  const parts = wanted.flatMap((each) => partsOf(check, each, used));
  const type = present(
    FIRST_OF[check.mode].find((one) => parts.some((part) => part.type === one)),
    "a part of a check",
  );
  const shown = present(parts.find((part) => part.type === type));
  const { said, url } = shown;
  if (type === "succeeded") return { type, value: valueOf(check, wanted, used), url, at };
  return { type, said: tally(said, type, parts), url, at };
}

function partsOf(
  check: RunCheck<RunKind>,
  { wanted, run }: WantedRun,
  words: StateWords,
): readonly Part[] {
  if (run === null) return [{ type: "missing", said: `no ${wanted}`, url: null }];
  if (check.tasks.length === 0) {
    const said = `${run.job} ${run.id} is ${run.state}`;
    return [{ type: typeOf(run.state, words), said, url: run.url }];
  }
  return check.tasks.flatMap((name) => taskParts(name, run, words));
}

function taskParts(name: string, run: ExternalRun, words: StateWords): readonly Part[] {
  // A mapped task is there several times: all of them are waited for.
  const found = (run.tasks ?? []).filter((task) => task.name === name);
  if (found.length === 0)
    return [{ type: "missing", said: `no task ${name} in ${run.job} ${run.id}`, url: run.url }];
  return found.map(({ state, url }) => ({
    type: typeOf(state, words),
    said: `task ${name} of ${run.job} ${run.id} is ${state}`,
    url: url ?? run.url,
  }));
}

function typeOf(state: string, { allowed, failed }: StateWords): PartType {
  if (allowed.includes(state)) return "succeeded";
  return failed.includes(state) ? "failed" : "running";
}

/** One run as it is, several as a list; with `any`, only those that are well. */
function valueOf(
  check: RunCheck<RunKind>,
  wanted: readonly WantedRun[],
  words: StateWords,
): JsonValue {
  const well = wanted.flatMap((each) => {
    const isWell = partsOf(check, each, words).some(({ type }) => type === "succeeded");
    return each.run !== null && isWell ? [toRunValue(each.run)] : [];
  });
  return well.length === 1 ? present(well[0]) : well;
}

function tally(said: string, type: PartType, parts: readonly Part[]): string {
  const same = parts.filter((part) => part.type === type).length;
  return parts.length === 1 ? said : `${said} (${same} of ${parts.length} ${type})`;
}
