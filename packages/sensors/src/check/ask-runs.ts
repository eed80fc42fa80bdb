import { type Instant, type JsonValue, present } from "@millrace/core/internal";
import type { FetchResult } from "../outbound/bounded-fetch.ts";
import type { ExternalRun, ExternalTask } from "./external-run.ts";
import { judgeRuns } from "./judge-runs.ts";
import type { Observation } from "./observation.ts";
import type { RunCheck } from "./run-check.ts";
import { runCheckProblem } from "./run-check-problem.ts";
import type { RunPage, RunQuery, RunSystem, SystemRequest } from "./run-system.ts";
import { RUN_SYSTEMS } from "./run-systems.ts";
import { selectRuns } from "./select-runs.ts";

export interface AskRunsDeps {
  /** Asks the target's system, with the credentials of its connection. */
  readonly ask: (request: SystemRequest) => Promise<FetchResult<JsonValue>>;
  readonly now: () => Instant;
}

/** Pages of one listing; a longer one says so, rather than that a run is missing. */
const PAGES_MAX = 10;
/** Listings of tasks in one go, for which no system has one request. */
const TASK_LISTINGS_MAX = 500;

/** What was learned about one check so far. */
interface Answers {
  readonly runs: ExternalRun[];
  /** Why what is not among the runs may still exist; null when it does not. */
  doubt: string | null;
}

/**
 * Asks one system for all checks of one target: as many requests as its filters need, not one a
 * check. Never rejects for what the other side does.
 *
 * @param checks - Of one target.
 * @returns One observation for each, in the same order.
 */
export async function askRuns(
  checks: readonly RunCheck[],
  deps: AskRunsDeps,
): Promise<readonly Observation[]> {
  const [first] = checks;
  if (first === undefined) return [];
  const system = RUN_SYSTEMS[first.target.system];
  const sound = checks.filter((check) => runCheckProblem(check) === null);
  const answers = sound.map((): Answers => ({ runs: [], doubt: null }));
  const asking = { system, sound, answers, deps, isPresent: presenceOf(system, deps) };
  for (const query of system.plan(sound)) await askQuery(query, asking);
  const taken = await withTasks(sound, answers, { system, deps });
  const at = deps.now();
  let place = 0;
  return checks.map((check) => {
    const problem = runCheckProblem(check);
    if (problem !== null) return { type: "failed", said: problem, url: null, at };
    return observe(check, present(taken[place++]), system, at);
  });
}

interface Asking {
  readonly system: RunSystem;
  readonly sound: readonly RunCheck[];
  readonly answers: readonly Answers[];
  readonly deps: AskRunsDeps;
  readonly isPresent: () => Promise<boolean>;
}

/** Whether it is the system that it is taken for: asked when something is not found, and once. */
function presenceOf({ presence }: RunSystem, deps: AskRunsDeps): () => Promise<boolean> {
  let asked: Promise<boolean> | null = null;
  const ask = async (): Promise<boolean> => {
    if (presence === undefined) return true;
    const result = await deps.ask(presence.request);
    return result.ok || result.failure.type !== "status" || result.failure.status !== 404;
  };
  return () => (asked ??= ask());
}

async function askQuery(query: RunQuery, asking: Asking): Promise<void> {
  const targets = query.checks.map((place) => present(asking.answers[place]));
  let { request } = query;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const read = await askPage({ ...query, request }, asking);
    for (const [index, answer] of targets.entries()) {
      const { job } = present(asking.sound[present(query.checks[index])]);
      if (typeof read === "string") answer.doubt ??= read;
      else answer.runs.push(...read.runs.filter((run) => run.job === job));
    }
    if (typeof read === "string" || read.rest === "end") return;
    if (read.rest === "newest") return doubtOlder(query, asking, targets);
    request = read.rest;
  }
  for (const answer of targets) answer.doubt ??= `it lists more than ${PAGES_MAX} pages of runs`;
}

/** @returns A sentence when there is no page. */
async function askPage(
  query: RunQuery,
  { system, sound, deps, isPresent }: Asking,
): Promise<RunPage | string> {
  const result = await deps.ask(query.request);
  if (result.ok) {
    const page = system.readRuns(result.value, query, sound);
    return page ?? "its answer does not have the form that its documentation gives";
  }
  const { failure } = result;
  if (failure.type !== "status" || failure.status !== 404) return failure.message;
  // No such run or job: that is an answer.
  if (await isPresent()) return { runs: [], rest: "end" };
  return present(system.presence, "what tells of a system").problem;
}

/** Older runs than those listed matter to all but those who want the newest. */
function doubtOlder(query: RunQuery, { sound }: Asking, targets: readonly Answers[]): void {
  for (const [index, place] of query.checks.entries()) {
    const { by } = present(sound[place]).match;
    if (by !== "latest" && by !== "window")
      present(targets[index]).doubt ??= "it has more runs than it lists at once";
  }
}

/** Each wanted run with its tasks, for the checks that wait for some. */
async function withTasks(
  checks: readonly RunCheck[],
  answers: readonly Answers[],
  { system, deps }: Pick<Asking, "system" | "deps">,
): Promise<readonly Answers[]> {
  const listed = new Map<string, ExternalRun | string>();
  const taken: Answers[] = [];
  for (const [place, check] of checks.entries()) {
    const answer = present(answers[place]);
    taken.push(answer);
    if (check.tasks.length === 0 || system.tasks === undefined) continue;
    const full: Answers = { runs: [], doubt: answer.doubt };
    for (const { run } of selectRuns(check, answer.runs)) {
      if (run === null) continue;
      const key = JSON.stringify([run.job, run.id]);
      const known = listed.get(key) ?? (await askTasks(run, listed.size, { system, deps }));
      listed.set(key, known);
      if (typeof known === "string") full.doubt ??= known;
      else full.runs.push(known);
    }
    taken[place] = full;
  }
  return taken;
}

/** @returns A sentence when there are none. */
async function askTasks(
  run: ExternalRun,
  asked: number,
  { system, deps }: Pick<Asking, "system" | "deps">,
): Promise<ExternalRun | string> {
  const listing = present(system.tasks, "the tasks of a system");
  if (asked >= TASK_LISTINGS_MAX) return `more than ${TASK_LISTINGS_MAX} runs have tasks to list`;
  const tasks: ExternalTask[] = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const result = await deps.ask(listing.request(run, tasks.length));
    if (!result.ok) return result.failure.message;
    const read = listing.read(result.value, run);
    if (read === null) return "its answer has no list of tasks";
    tasks.push(...read.tasks);
    if (read.tasks.length === 0 || tasks.length >= (read.total ?? 0)) return { ...run, tasks };
  }
  return `a run has more than ${PAGES_MAX} pages of tasks`;
}

function observe(check: RunCheck, answer: Answers, system: RunSystem, at: Instant): Observation {
  const words = check.tasks.length > 0 ? system.taskStates : system.states;
  const judged = judgeRuns(check, selectRuns(check, answer.runs), words, at);
  // Only what a doubt could change is doubtful: a run that was found is there.
  if (answer.doubt === null || judged.type !== "missing") return judged;
  const said = `${check.target.system} at ${check.target.baseUrl}: ${answer.doubt}`;
  return { type: "unreachable", said, url: null, at };
}
