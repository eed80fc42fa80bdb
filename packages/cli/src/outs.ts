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
 * Starts sending what goes out. Hosts inside that may be called are in `MILLRACE_ALLOW_HOSTS`,
 * separated by commas; `MILLRACE_URL` names the installation, and is where links in alerts lead.
 *
 * @throws {DEFINITION_INVALID} When the hosts are not written as they should.
 */
export async function startOuts(
  { name, out }: Project,
  { database, observe }: { readonly database: Database; readonly observe: Observer },
): Promise<Sender> {
  const { env } = process;
  const pageUrl = env["MILLRACE_URL"] || null;
  const variables = { environment: env, readFile: (path: string) => readFile(path, "utf8") };
  const read = await readOuts(out, {
    ...variables,
    base: pageUrl ?? `millrace:${encodeURIComponent(name)}`,
    pageUrl,
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
