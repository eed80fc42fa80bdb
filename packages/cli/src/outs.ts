import { readFile } from "node:fs/promises";
import { declareSubscribers, type Database, feedStore, outboxStore } from "@millrace/postgres";
import {
  allowedTargets,
  boundedSend,
  natsSend,
  natsTargetsOf,
  openConnection,
  readOuts,
  type Sender,
  smtpTransport,
  startSender,
  subscribersOf,
  withFiles,
  withMail,
} from "@millrace/sensors/internal";
import type { Observer } from "@millrace/worker";
import { inputInvalid } from "./input/input-invalid.ts";
import type { Project } from "./project/project.ts";

/**
 * Says whom a project's facts are told, so that evaluations note it from now on.
 *
 * @throws {DEFINITION_INVALID} When another deployment has a subscriber of that name.
 */
export function declareOuts(database: Database, { name, out }: Project): Promise<void> {
  return declareSubscribers(database, name, subscribersOf(out));
}

/**
 * Where people look at this installation; null where nobody said. It stands in all that goes out:
 * what is no URL would make all of it invalid.
 *
 * @throws {INPUT_INVALID} When it is no address of a page.
 */
export function pageUrl(environment: Readonly<Record<string, string | undefined>>): string | null {
  const text = environment["MILLRACE_URL"] ?? "";
  if (text === "") return null;
  const url = URL.parse(text);
  const isPage = url !== null && /^https?:$/.test(url.protocol) && url.search + url.hash === "";
  if (isPage && url.username === "" && url.password === "") return url.href.replace(/\/+$/, "");
  throw inputInvalid("MILLRACE_URL", [
    "MILLRACE_URL must be where the page is, such as https://flow.example.com: http or https, " +
      "without a user, a password, a query and a fragment.",
  ]);
}

/**
 * Starts sending what goes out. Hosts inside that may be called are in `MILLRACE_ALLOW_HOSTS`,
 * separated by commas; `MILLRACE_URL` names the installation, and is where links in alerts lead.
 *
 * @throws {DEFINITION_INVALID} When the hosts are not written as they should.
 * @throws {INPUT_INVALID} When the URL is none.
 */
export async function startOuts(
  { name, out }: Project,
  { database, observe }: { readonly database: Database; readonly observe: Observer },
): Promise<Sender> {
  const { env } = process;
  const url = pageUrl(env);
  const variables = { environment: env, readFile: (path: string) => readFile(path, "utf8") };
  const read = await readOuts(out, {
    ...variables,
    base: url ?? `millrace:${encodeURIComponent(name)}`,
    pageUrl: url,
  });
  const onProblem = (error: unknown): void => observe({ type: "problem", where: "outbox", error });
  read.problems.forEach(onProblem);
  const hosts = (env["MILLRACE_ALLOW_HOSTS"] ?? "").split(",").map((host) => host.trim());
  const allow = allowedTargets(hosts.filter((host) => host !== ""));
  const others = withFiles(withMail(boundedSend({ allow }), smtpTransport));
  const nats = natsSend(natsTargetsOf(out), others, (name) => openConnection(name, variables));
  const outbox = outboxStore(database);
  const feed = feedStore(database);
  const sender = startSender(read, { outbox, feed, send: nats.send, onProblem });
  return {
    async stop() {
      await sender.stop();
      await nats.close();
    },
  };
}
