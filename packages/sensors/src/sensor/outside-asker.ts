import {
  type Asker,
  type CheckGroup,
  type DueCheck,
  isRecord,
  present,
} from "@millrace/core/internal";
import { readTime, type TimeCheck } from "../check/time-check.ts";
import { type ConnectionSource, readConnection } from "../connection/connection.ts";
import { type AllowedTargets, allowedTargets } from "../outbound/allowed-targets.ts";
import { askOtherMillrace } from "./ask-other-millrace.ts";
import { askBucket, askDatabase, askEndpoints, askFiles } from "./ask-services.ts";
import { SystemAsker } from "./ask-systems.ts";
import type { Asking, Look, Question } from "./asking.ts";
import type { AskOf, CheckKind } from "./stored-check.ts";

/** Nothing is begun later than so long after an ask began: an ask that takes too long is lost. */
const BEGIN_MS = 10_000;

/**
 * Asks outside systems for all kinds of checks that the builders make. Connections come from the
 * environment; what lies inside a network that is not public must be among `MILLRACE_ALLOW_HOSTS`:
 * hosts, addresses and networks, with commas between them.
 */
export class OutsideAsker implements Asker<Look> {
  readonly #source: ConnectionSource;
  readonly #allow: AllowedTargets;
  readonly #systems = new SystemAsker();
  readonly #kinds: Kinds;

  /** @throws {DEFINITION_INVALID} When an entry of `MILLRACE_ALLOW_HOSTS` is none. */
  constructor(source: ConnectionSource) {
    this.#source = source;
    this.#allow = allowedTargets(listOf(source.environment["MILLRACE_ALLOW_HOSTS"]));
    this.#kinds = kindsOf(this.#systems);
  }

  async ask(group: CheckGroup, signal: AbortSignal): Promise<readonly Look[]> {
    const { kind, checks } = group;
    if (!isKind(kind, this.#kinds))
      throw new Error(`this version knows no checks of the kind ${kind}; start a newer one`);
    const asking = this.#asking(group, signal);
    const sound = checks.filter(({ wait }) => isRecord(wait.check["ask"]));
    const found =
      sound.length === 0 ? [] : await this.#kinds[kind](sound.map(toQuestion<never>), asking);
    let place = 0;
    return checks.map((check): Look => {
      if (isRecord(check.wait.check["ask"])) return present(found[place++]);
      const said = "its check holds no question; build it with a function of @millrace/sensors";
      return { type: "failed", said, url: null, at: asking.now() };
    });
  }

  #asking(group: CheckGroup, signal: AbortSignal): Asking {
    const began = performance.now();
    const elapsedMs = (): number => performance.now() - began;
    return {
      now: () => group.now + Math.round(elapsedMs()),
      isLate: () => signal.aborted || elapsedMs() > BEGIN_MS,
      signal,
      allow: this.#allow,
      connection: (name, isUrlNeeded) => readConnection(name, this.#source, isUrlNeeded),
    };
  }
}

type Kinds = {
  readonly [K in CheckKind]: (
    questions: readonly Question<AskOf[K]>[],
    asking: Asking,
  ) => Promise<readonly Look[]>;
};

function kindsOf(systems: SystemAsker): Kinds {
  return {
    "airflow-v1": (questions, asking) => systems.askRuns("airflow-v1", questions, asking),
    "airflow-v2": (questions, asking) => systems.askRuns("airflow-v2", questions, asking),
    dagster: (questions, asking) => systems.askRuns("dagster", questions, asking),
    "dagster-asset": (questions, asking) => systems.askAssets(questions, asking),
    prefect: (questions, asking) => systems.askRuns("prefect", questions, asking),
    github: (questions, asking) => systems.askRuns("github", questions, asking),
    "http-json": (questions, asking) => systems.askRuns("http-json", questions, asking),
    millrace: askOtherMillrace,
    http: askEndpoints,
    sql: askDatabase,
    s3: askBucket,
    file: askFiles,
    time: askClock,
  };
}

async function askClock(
  questions: readonly Question<TimeCheck>[],
  { now }: Asking,
): Promise<readonly Look[]> {
  return questions.map(({ ask, waiter }) => readTime(ask, waiter.since, now()));
}

function isKind(kind: string, kinds: Kinds): kind is CheckKind {
  return Object.hasOwn(kinds, kind);
}

/** What the builders stored: their types, and not the database, say what it is. */
function toQuestion<A>({ wait, waiter, remembered = null }: DueCheck): Question<A> {
  return { ask: wait.check["ask"] as A, waiter, remembered };
}

function listOf(given: string | undefined): readonly string[] {
  return (given ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
