import {
  compileEventPattern,
  eventPatternProblem,
  knownTraceparent,
  machineNameProblem,
} from "@millrace/core/internal";
import { readSettings } from "@millrace/worker";
import { namespace, pipeline } from "@millrace/core";
import { DEFINITION } from "@millrace/core/internal";
import fc from "fast-check";
import pg from "pg";
import { z } from "zod";
import { toBackfillId } from "../../../../packages/cli/src/backfill/backfill-id.ts";
import { toCapacity } from "../../../../packages/cli/src/input/capacity.ts";
import { checkedParams } from "../../../../packages/cli/src/input/checked-input.ts";
import { toLimitRef } from "../../../../packages/cli/src/input/limit-ref.ts";
import { durationMs, wholeNumber } from "../../../../packages/cli/src/input/number-input.ts";
import { toRecord } from "../../../../packages/cli/src/input/pairs.ts";
import { toRunId } from "../../../../packages/cli/src/input/run-id.ts";
import { checkServiceUrl } from "../../../../packages/cli/src/input/service-url.ts";
import { toUpdateId } from "../../../../packages/cli/src/input/update-id.ts";
import { type FuzzTarget, holds, isReason, target } from "../fuzz-target.ts";
import { mutatedText } from "../mutated-text.ts";

/** A pattern that is taken matches only names that begin as it does. */
const events: FuzzTarget<readonly [string, string]> = {
  name: "event-pattern",
  inputs: fc.tuple(
    mutatedText(
      ["ticket.*", "ticket.**", "a.{b,c}.*", "*.made", "ticket.made"],
      ["**.", ".**", "{a,b}"],
    ),
    mutatedText(["ticket.made", "a.b.c", "x"]).map((name) => name.slice(0, 200)),
  ),
  probe([pattern, name]) {
    const named = machineNameProblem(name);
    holds(named === null || isReason(named), "a refusal says why");
    const problem = eventPatternProblem(pattern);
    if (problem !== null) return holds(isReason(problem), "a refusal says why");
    const { prefix, match } = compileEventPattern(pattern);
    if (match(name)) holds(name.startsWith(prefix), "matches begin with the prefix");
  },
};

const ID_READERS = [
  ["run_", toRunId],
  ["update_", toUpdateId],
  ["backfill_", toBackfillId],
] as const;

/** An id is read as it is written, and only so. */
const ids: FuzzTarget<readonly [string, number]> = {
  name: "id",
  inputs: fc.tuple(
    mutatedText(["run_12", "update_9007199254740991", "backfill_7", "12"], ["run_", "_", "9"]),
    fc.nat(ID_READERS.length - 1),
  ),
  probe([text, place]) {
    const [prefix, read] = ID_READERS[place] ?? ID_READERS[0];
    const id = read(text);
    holds(Number.isSafeInteger(id) && id > 0, "an id is a whole number from 1 on");
    holds(read(`${prefix}${id}`) === id, "an id is read as it is written");
  },
};

const OPTIONS: readonly ((text: string) => void)[] = [
  (text) => holds(durationMs("--for", text) >= 0, "a duration is not negative"),
  (text) => holds(wholeNumber("--limit", text, { min: 1, max: 9 }) <= 9, "a number is in range"),
  (text) => holds(Object.keys(toRecord("--param", [text])).length === 1, "a pair has a key"),
  (text) => void toLimitRef(text),
  (text) => void toCapacity({ cpu: text, memory: text }),
  (text) => void knownTraceparent(text),
];

/** What a command is given is taken or refused. */
const options: FuzzTarget<readonly [string, number]> = {
  name: "option",
  inputs: fc.tuple(
    mutatedText(
      [
        "90s",
        "5",
        "a=b=c",
        "pool/warehouse",
        "namespace/ops",
        "0.5",
        "8GiB",
        `00-${"a1".repeat(16)}-${"b2".repeat(8)}-01`,
      ],
      ["pool/", "="],
    ),
    fc.nat(OPTIONS.length - 1),
  ),
  probe: ([text, place]) => OPTIONS[place]?.(text),
};

/** No parameter is lost, whatever it is called. */
const params: FuzzTarget<string> = {
  name: "params",
  inputs: mutatedText([
    "rows=5",
    'list=[1,{"a":2}]',
    "zip=01234",
    "id=9007199254740993",
    '__proto__={"x":1}',
  ]),
  async probe(text) {
    const given = toRecord("--param", [text]);
    const read = await checkedParams("params", null, given);
    holds(Object.keys(read as object).join() === Object.keys(given).join(), "no parameter is lost");
    holds(Object.getPrototypeOf(read) === Object.prototype, "its prototype is its own");
  },
};

/** A URL that is taken is one that the driver can read. */
const url: FuzzTarget<string> = {
  name: "service-url",
  inputs: mutatedText(
    [
      "postgres://user:pass@host:5432/name?sslmode=require",
      "postgresql://localhost/x",
      "postgres://u:p%40ss@[::1]/n",
    ],
    ["postgres://", "%zz", "?host=", ":99999", "[::", "ssl=", "sslrootcert=/nowhere"],
  ),
  probe(text) {
    checkServiceUrl("--database", text, ["postgres:", "postgresql:"]);
    // Files that it names are read when it connects is made, and may not be there.
    if (/ssl(?:cert|key|rootcert)=/i.test(text)) return;
    void new pg.Client({ connectionString: text });
  },
};

const ops = namespace("ops", {
  variables: z.object({
    maxRows: z.number().int(),
    airport: z.string(),
    flags: z.array(z.string()),
  }),
  secrets: ["faa"],
});
const definition = pipeline("p", { namespace: ops }, ({ task }) => task("t", () => 1))[DEFINITION];

/** Settings are what their schema takes, or each that is not is named. */
const settings: FuzzTarget<readonly [string, string, string]> = {
  name: "settings",
  inputs: fc.tuple(
    mutatedText(["5", "1e3", "9007199254740993"]),
    mutatedText(["JFK"]),
    mutatedText(['["a","b"]', "[]"]),
  ),
  async probe([rows, airport, flags]) {
    const environment = {
      MILLRACE_VAR_OPS_MAX_ROWS: rows,
      MILLRACE_VAR_OPS_AIRPORT: airport,
      MILLRACE_VAR_OPS_FLAGS: flags,
      MILLRACE_SECRET_OPS_FAA: airport,
    };
    const readFile = (): Promise<string> => Promise.reject(new Error("no files here"));
    const read = await readSettings([definition], { environment, readFile });
    const variables = read.variablesOf(definition) as { maxRows: number; airport: string };
    holds(Number.isInteger(variables.maxRows), "a number is a number");
    holds(variables.airport === airport, "a text is as it was written");
    holds(read.secretOf(definition, "faa") === airport, "a secret is as it was written");
  },
};

export const INPUT_TARGETS: readonly FuzzTarget[] = [
  target(events),
  target(ids),
  target(options),
  target(params),
  target(url),
  target(settings),
];
