import { pointerProblem } from "../http/json-pointer.ts";
import type { JsonRunMapping, RunCheck, RunKind } from "./run-check.ts";
import { WANTED_RUNS_MAX } from "./run-match.ts";

const NAME_LENGTH_MAX = 500;
const TASKS_MAX = 100;

/** Why a check cannot be asked, as a sentence with its mend; null when it can. */
export function runCheckProblem(check: RunCheck<RunKind>): string | null {
  const { job, match, tasks, target } = check;
  const ids = match.by === "ids" ? match.ids : [];
  const bad = [job, ...ids, ...tasks].find((name) => !isSegment(name));
  if (bad !== undefined)
    return `${JSON.stringify(bad.slice(0, 80))} is no name of a job, run or task; copy it from the other system.`;
  if (tasks.length > TASKS_MAX) return `A wait names ${tasks.length} tasks; at most ${TASKS_MAX}.`;
  if (match.by === "dates" && !isCount(match.dates.length)) return countProblem(match.dates.length);
  if (match.by === "ids" && !isCount(ids.length)) return countProblem(ids.length);
  if (target.system === "millrace") return millraceProblem(check);
  if (!/^https?:$/.test(URL.parse(target.baseUrl)?.protocol ?? "") || target.baseUrl.endsWith("/"))
    return "The base URL of the other system is http or https, without a slash at its end.";
  if (target.system === "github" && !/^[^/]+\/[^/]+\/[^/]+$/.test(job))
    return `${JSON.stringify(job)} is no workflow; write owner/repository/workflow.yml.`;
  if (tasks.length > 0 && !target.system.startsWith("airflow"))
    return `Tasks of ${target.system} cannot be waited for; wait for the run.`;
  return target.system === "http-json" ? mappingProblem(check) : null;
}

/** All checks of a target are one question to its database: what that refuses would fail all. */
function millraceProblem({ job, match, tasks }: RunCheck<RunKind>): string | null {
  if (!/^[^/]+\/[^/]+$/.test(job))
    return `${JSON.stringify(job.slice(0, 80))} is no pipeline; write its name, or namespace/name.`;
  const odd = match.by === "ids" ? match.ids.find((id) => !/^run_\d{1,18}$/.test(id)) : undefined;
  if (odd !== undefined)
    return `${JSON.stringify(odd.slice(0, 80))} is no run of a Millrace; write one like "run_12".`;
  const partition = match.by === "partition" ? match.partition : "";
  if (partition.length > NAME_LENGTH_MAX || !partition.isWellFormed())
    return `The partition of a match is longer than ${NAME_LENGTH_MAX} characters, or no text.`;
  if ([job, partition, ...tasks].some((name) => name.includes("\0")))
    return "A name in a match holds a NUL, which no name of a Millrace does; leave it out.";
  return null;
}

/** Names go into paths: `.` and `..` would change which, and `~` means all of them to Airflow. */
function isSegment(name: string): boolean {
  const isOdd = name.split("/").some((part) => /^(\.{0,2}|~)$/.test(part));
  return !isOdd && name.length <= NAME_LENGTH_MAX && name.isWellFormed();
}

function isCount(count: number): boolean {
  return count >= 1 && count <= WANTED_RUNS_MAX;
}

function countProblem(count: number): string {
  return `A wait names ${count} runs; name 1 to ${WANTED_RUNS_MAX}.`;
}

function mappingProblem({ mapping, allowedStates }: RunCheck<RunKind>): string | null {
  if (mapping === null)
    return "A wait for a JSON system needs a mapping; say where its states are.";
  if ((allowedStates ?? []).length === 0)
    return "A wait for a JSON system names its allowed states: nothing else could end it.";
  if (!mapping.path.startsWith("/")) return "The path of a mapping begins with a slash.";
  for (const [name, pointer] of pointersOf(mapping)) {
    const problem = pointer === null ? null : pointerProblem(pointer);
    if (problem !== null) return `The pointer to ${name} of a mapping ${problem}.`;
  }
  return null;
}

function pointersOf(mapping: JsonRunMapping): readonly (readonly [string, string | null])[] {
  const { list, id, state, url, logicalDate, startedAt, partition } = mapping;
  return Object.entries({ list, id, state, url, logicalDate, startedAt, partition });
}
