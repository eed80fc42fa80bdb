import { readFile } from "node:fs/promises";
import {
  checkPipeline,
  compareRuns,
  type ComparableRun,
  definitionInvalid,
  type PipelineSpec,
  pipelineId,
  Replay,
  type ReplayRun,
  type TriggerSpec,
} from "@millrace/core/internal";
import { type History, loadHistory, type RecordedRun } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { inputInvalid } from "../input/input-invalid.ts";
import { durationMs } from "../input/number-input.ts";
import { findName } from "../names/find-name.ts";
import { toTable } from "../terminal/table.ts";
import { counted, partitionWords, runName, shortName } from "../terminal/words.ts";
import { withStore } from "../with-store.ts";

interface BacktestOptions {
  readonly since: string;
  readonly trigger?: string;
}

export function backtestCommand(run: Runner): Command {
  return new Command("backtest")
    .description("replay what happened, and show which runs would start")
    .argument("<pipeline>")
    .option("--since <duration>", "how far back, like 30d", "30d")
    .option("--trigger <[name=]@file>", "with this trigger, as JSON, in place of the present one")
    .action((name: string, options: BacktestOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) => backtest(context, open, { name, ...options })),
      ),
    );
}

async function backtest(
  { terminal }: CommandContext,
  { database, store }: OpenStore,
  asked: BacktestOptions & { readonly name: string },
): Promise<ExitCode> {
  const specs = (await store.listSpecs()).map(({ spec }) => spec);
  const id = findName("pipeline", asked.name, specs.map(pipelineId));
  const found = specs.find((each) => pipelineId(each) === id);
  if (found === undefined) throw inputInvalid("pipeline", [`There is no pipeline ${id}.`]);
  const spec = await withTrigger(found, asked.trigger ?? null);
  const sinceMs = durationMs("--since", asked.since);
  const history = await loadHistory(database, found, spec, Date.now() - sinceMs);
  const replayed = replay(spec, history);
  const { same, onlyRecorded, onlyNow } = compareRuns(history.runs, replayed);
  terminal.document({
    pipeline: id,
    from: new Date(history.from).toISOString(),
    facts: history.facts.length,
    same: same.map(({ recorded }) => recorded),
    onlyRecorded,
    onlyNow,
  });
  const begun = new Date(history.from).toISOString();
  terminal.say(
    `${counted(history.facts.length, "fact")} since ${begun}: ` +
      `${counted(same.length, "run")} the same, ${onlyRecorded.length} only recorded, ` +
      `${onlyNow.length} only now.`,
  );
  if (history.runs.length + replayed.length === 0) return EXIT.ok;
  terminal.print(
    toTable([
      ["RUNS", "RUN", "TRIGGER", "PARTITION", "AT", "CONSUMED"],
      ...same.map(({ recorded }) => recordedRow("same", recorded)),
      ...onlyRecorded.map((run) => recordedRow("only recorded", run)),
      ...onlyNow.map((run) => row("only now", "", run)),
    ]),
  );
  return EXIT.ok;
}

function recordedRow(which: string, run: RecordedRun): readonly string[] {
  return row(which, runName(run.id), run);
}

function row(which: string, name: string, run: ComparableRun): readonly string[] {
  const { trigger, partition, at, consumed } = run;
  return [which, name, trigger, partitionWords(partition), at, consumed.join(" ")];
}

/** Each run takes as long as the recorded ones did on average, and announces nothing. */
function replay(spec: PipelineSpec, { from, until, facts, runMs }: History): ComparableRun[] {
  const course = { runMs, state: "succeeded", result: null, announces: () => [] } as const;
  const machine = new Replay([spec], { from, course: () => course });
  for (const fact of facts) {
    machine.advance(fact.at);
    machine.tell(fact);
  }
  machine.advance(until);
  return machine.runs.map(toComparable);
}

function toComparable({ at, trigger, partition, consumed, logicalAt }: ReplayRun): ComparableRun {
  return {
    at: new Date(at).toISOString(),
    trigger: trigger ?? "",
    partition,
    consumed:
      logicalAt === null ? consumed.map(({ label }) => label) : [new Date(logicalAt).toISOString()],
  };
}

/** The pipeline with one trigger in place of another, or beside the others when its name is new. */
async function withTrigger(spec: PipelineSpec, given: string | null): Promise<PipelineSpec> {
  if (given === null) return spec;
  const [, name = onlyTrigger(spec), file = ""] = /^(?:([^=@]+)=)?@(.+)$/s.exec(given) ?? [];
  if (file === "") {
    throw inputInvalid("--trigger", [
      `--trigger is ${given}; write @file.json, or name=@file.json for one of several.`,
    ]);
  }
  const trigger = parseTrigger(file, await readFile(file, "utf8"));
  const changed = { ...spec, triggers: { ...spec.triggers, [name]: trigger } };
  const problems = checkPipeline(changed);
  if (problems.length > 0) throw definitionInvalid(problems);
  return changed;
}

function onlyTrigger({ triggers, ...spec }: PipelineSpec): string {
  const [name, ...more] = Object.keys(triggers);
  if (name !== undefined && more.length === 0) return name;
  throw inputInvalid("--trigger", [
    `${shortName(pipelineId(spec))} has ${counted(Object.keys(triggers).length, "trigger")}; ` +
      "say which one is replaced: name=@file.json.",
  ]);
}

function parseTrigger(file: string, text: string): TriggerSpec {
  try {
    return JSON.parse(text) as TriggerSpec;
  } catch (error) {
    throw inputInvalid("--trigger", [`${file} is no JSON: ${String(error)}`]);
  }
}
