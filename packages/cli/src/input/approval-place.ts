import { MillraceError } from "@millrace/core/internal";
import { inputInvalid } from "./input-invalid.ts";

export interface ApprovalPlace {
  readonly task: string;
  /** Of a mapped task; null otherwise. */
  readonly item: number | null;
}

/**
 * Which task of a run is meant: the one that is named, as `release` or `release[3]`, or the only
 * one that asks.
 *
 * @param open - Approvals that are open, of any run.
 * @throws {NOT_FOUND} When none is named and none asks.
 * @throws {INPUT_INVALID} When none is named and several ask.
 */
export function toApproval(
  open: readonly (ApprovalPlace & { readonly runId: number })[],
  runId: number,
  typed: string | undefined,
): ApprovalPlace {
  if (typed !== undefined) {
    const [, task = typed, item] = /^(.*)\[(\d+)\]$/.exec(typed) ?? [];
    return { task, item: item === undefined ? null : Number(item) };
  }
  const asking = open.filter((each) => each.runId === runId);
  const places = new Set(
    asking.map(({ task, item }) => (item === null ? task : `${task}[${item}]`)),
  );
  const [only] = asking;
  if (only !== undefined && places.size === 1) return { task: only.task, item: only.item };
  const run = `run_${runId}`;
  if (only === undefined) {
    throw new MillraceError(
      "NOT_FOUND",
      { what: "approval", name: run },
      `No task of ${run} asks for approval. List those that do with \`millrace approvals\`.`,
    );
  }
  throw inputInvalid("task", [
    `Several tasks of ${run} ask for approval: ${[...places].join(", ")}. Say which one.`,
  ]);
}
