import { listAwaitedEvents } from "@millrace/postgres";
import { Command } from "commander";
import type { CommandContext, Runner } from "../command-context.ts";
import type { OpenStore } from "../compose.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { checkedInput } from "../input/checked-input.ts";
import { givenTrace, TRACE_OPTION } from "../input/given-trace.ts";
import { readJson } from "../input/json-input.ts";
import { collect } from "../input/pairs.ts";
import { nameNotFound } from "../names/find-name.ts";
import { schemasAtHand } from "../project/schemas-at-hand.ts";
import { sayWhoWorks } from "../run/say-who-works.ts";
import { withStore } from "../with-store.ts";

interface PublishOptions {
  readonly payload?: string;
  readonly key?: string;
  readonly traceparent?: string;
  readonly file?: readonly string[];
}

export function publishCommand(run: Runner): Command {
  return new Command("publish")
    .description("publish an event on the bus; what listens to it runs")
    .argument("<event>", "its name")
    .option(
      "--payload <json>",
      "its data, as its schema wants them; @path for a file, @- for stdin",
    )
    .option("--key <text>", "two events with one key are one")
    .option(...TRACE_OPTION)
    .option("-f, --file <path>", "project to check the data with (repeatable)", collect)
    .action((event: string, options: PublishOptions, command: Command) =>
      run(command, (context) =>
        withStore(context, (open) => publish(context, open, event, options)),
      ),
    );
}

async function publish(
  context: CommandContext,
  { database, store, followUps }: OpenStore,
  name: string,
  options: PublishOptions,
): Promise<ExitCode> {
  const { terminal } = context;
  const specs = await store.listSpecs();
  const schemas = await schemasAtHand(context, options.file ?? []);
  const registered = specs.flatMap(({ spec }) => Object.keys(spec.events));
  const awaited = await listAwaitedEvents(database);
  const names = [...new Set([...registered, ...schemas.events, ...awaited])];
  if (!names.includes(name)) throw nameNotFound("event", name, names);
  const { payload } = options;
  const given = payload === undefined ? null : await readJson("--payload", payload);
  const schema = schemas.ofEvent(name);
  const data = schema === null ? given : await checkedInput(`data of ${name}`, schema, given);
  const { ids, ...afterwards } = await store.recordEvents([
    {
      name,
      data,
      source: { type: "api", key: "cli" },
      idempotencyKey: options.key ?? null,
      correlationId: null,
      traceparent: givenTrace(options.traceparent),
    },
  ]);
  followUps.follow(afterwards);
  const [id = null] = ids;
  terminal.document({ event: id, name, duplicate: id === null });
  if (id === null) terminal.say(`${name} was published with this key before: nothing changed.`);
  else {
    terminal.print(`event_${id}`);
    sayWhoWorks(context);
  }
  return EXIT.ok;
}
