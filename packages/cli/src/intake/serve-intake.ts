import { checkSchema } from "@millrace/postgres";
import type { Hook, SourceProblem } from "@millrace/sensors";
import {
  afterHookAnswer,
  type Answered,
  EMPTY_REFUSAL_LOG,
  intakeApp,
  intakeSite,
  logRefusal,
  newHooksHealth,
  storeIntakePort,
} from "@millrace/sensors/internal";
import { takeStrayErrors } from "@millrace/worker";
import { type OpenStore, openStore, type Services } from "../compose.ts";
import { clockText } from "../dev/clock-text.ts";
import { toWorkObserver } from "../dev/work-lines.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { knownDatasets, sourceProblemWords } from "../sources.ts";
import { takeStopSignals } from "../terminal/stop-signals.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { type Address, listen } from "./listen.ts";

export interface ServeIntakeOptions {
  readonly hooks: readonly Hook[];
  readonly address: Address;
  /** How long requests that are under way may go on after the first signal. */
  readonly graceMs: number;
}

/**
 * Takes what is posted until a signal comes: takes no new request then, answers those that are
 * under way, and closes. A second signal ends the waiting. Who got no answer posts again.
 */
export async function serveIntake(
  terminal: Terminal,
  services: Services,
  { hooks, address, graceMs }: ServeIntakeOptions,
): Promise<ExitCode> {
  const observe = toWorkObserver(terminal);
  const signals = takeStopSignals();
  const stopping = { now: false };
  const stray = Promise.withResolvers<void>();
  const release = takeStrayErrors((error) => {
    observe({ type: "problem", where: "an error that nobody caught: it stops", error });
    stray.resolve();
  });
  const open = await openStore(services, observe);
  try {
    const site = toSite(terminal, { hooks, open, isStopping: () => stopping.now });
    const server = await listen(site, address);
    terminal.say(`Hooks: ${hooks.map(({ name }) => `/hooks/${name}`).join(", ")}`);
    terminal.say(`Ready. Listening on http://${address.hostname}:${server.port}`);
    const isLost = await Promise.race([
      signals.first.then(() => false),
      stray.promise.then(() => true),
    ]);
    stopping.now = true;
    if (!isLost) terminal.say("Stopping. A second signal ends the wait for what is under way.");
    const hurried = await server.stop(isLost ? 0 : graceMs, signals.second);
    if (isLost) return EXIT.unexpected;
    return hurried ? EXIT.interrupted : EXIT.ok;
  } finally {
    await open.close();
    release();
    signals.release();
  }
}

interface SiteParts {
  readonly hooks: readonly Hook[];
  readonly open: OpenStore;
  readonly isStopping: () => boolean;
}

function toSite(
  terminal: Terminal,
  { hooks, open: { store, database, followUps }, isStopping }: SiteParts,
): ReturnType<typeof intakeSite> {
  const observe = toWorkObserver(terminal);
  const onProblem = (problem: SourceProblem): void =>
    observe({
      type: "problem",
      where: problem.source,
      error: sourceProblemWords(problem),
    });
  let health = newHooksHealth(hooks.map(({ name }) => name));
  let log = EMPTY_REFUSAL_LOG;
  const onAnswered = (answered: Answered): void => {
    const now = Date.now();
    health = afterHookAnswer(health, answered, now);
    const logged = logRefusal(log, answered, now);
    log = logged.log;
    for (const line of logged.lines) terminal.warn(`${clockText(new Date(now))} ${line}`);
  };
  const afterwards: typeof followUps.follow = (result) => followUps.follow(result);
  const port = storeIntakePort({ intake: store, ...knownDatasets(store), afterwards, onProblem });
  return intakeSite({
    hooks: intakeApp({ hooks, port, onProblem, onAnswered }),
    checkStore: () => checkSchema(database),
    isStopping,
    health: () => health,
  });
}
