import type { Said } from "../ports/control.ts";
import { refuse } from "./admit-intake.ts";
import { nameIssues, optionalIssues, textIssues } from "./text-issues.ts";

/** Who acts and why, as it is written down. @throws {INPUT_INVALID} When it cannot be. */
export function admitSaid({ by, why }: Said): void {
  refuse("who acts, and why", [
    ...nameIssues("by", by, "by"),
    ...(why === null ? [] : textIssues("why", why, "words")),
  ]);
}

/** What people say of an approval. @throws {INPUT_INVALID} When it cannot be written down. */
export function admitRemark(said: {
  readonly by: string;
  readonly comment: string | null;
  readonly name?: string | undefined;
  readonly roles?: readonly string[];
}): void {
  refuse("answer to an approval", [
    ...nameIssues("by", said.by, "by"),
    ...(said.comment === null ? [] : textIssues("comment", said.comment, "words")),
    ...optionalIssues("name", said.name, "name"),
    ...(said.roles ?? []).flatMap((role, at) => nameIssues(`roles[${at}]`, role, "name")),
  ]);
}

/** The name of what is asked for. @throws {INPUT_INVALID} When nothing can have it. */
export function admitName(what: string, name: string | null): void {
  refuse(what, optionalIssues(`the name of the ${what}`, name, "name"));
}

/** The id of a row. @throws {INPUT_INVALID} When no row can have it. */
export function admitId(what: string, id: number): void {
  const isId = Number.isSafeInteger(id) && id > 0;
  refuse(what, isId ? [] : [`the id of the ${what} must be a whole number from 1 on; give one`]);
}
