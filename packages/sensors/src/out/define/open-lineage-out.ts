import path from "node:path";
import { pathToFileURL } from "node:url";
import { definitionInvalid } from "@millrace/core/internal";
import { nameProblems } from "../../source/source-brand.ts";
import { lineageUrl } from "../out-forms.ts";
import { LINEAGE_EVENTS, OUT, type OutDefinition, urlProblem } from "./webhook-out.ts";

export interface OpenLineageOutOptions {
  /** Of a collector such as Marquez; `/api/v1/lineage` is added. */
  readonly url?: string;
  /** Instead of a URL: a file to which events are appended, one on a line. */
  readonly file?: string;
  /**
   * Tells installations apart that send to one collector: ids of runs are made of it. Never change
   * it once events have been sent.
   */
  readonly namespace: string;
}

/**
 * Tells a collector of OpenLineage what runs and their tasks did, when the run has ended, and of
 * updates that no run made.
 *
 * @throws {DEFINITION_INVALID} When an option is out of its range.
 * @example
 * export const marquez = openLineageOut("marquez", {
 *   url: "http://marquez.internal:5000",
 *   namespace: "prod",
 * });
 */
export function openLineageOut(name: string, options: OpenLineageOutOptions): OutDefinition {
  const { url, file, namespace } = options;
  const found = [
    (url === undefined) === (file === undefined) ? "give either url or file" : null,
    url === undefined ? null : urlProblem(url),
    /^[^\s]{1,200}$/.test(namespace)
      ? null
      : "its namespace must be 1 to 200 characters, no spaces",
  ].flatMap((problem) => (problem === null ? [] : [problem]));
  const problems = [
    ...nameProblems(name, "openLineageOut"),
    ...found.map((problem) => `openLineageOut ${JSON.stringify(name)}: ${problem}.`),
  ];
  if (problems.length > 0) throw definitionInvalid(problems);
  const target = url === undefined ? pathToFileURL(path.resolve(file ?? "")).href : lineageUrl(url);
  const out = { [OUT]: true, type: "openlineage", name, url: target, namespace } as const;
  return Object.freeze({ ...out, mode: "structured", secrets: [], events: LINEAGE_EVENTS });
}
