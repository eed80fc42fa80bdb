import type { Context, Env } from "./context.ts";
import type { StartOptions } from "./task-options.ts";

export interface ApprovalOptions<E extends Env, N, R> extends StartOptions<N, R> {
  /** What people are asked: a text, or one made of what the run knows. */
  readonly asks: string | ((context: Context<E, N, {}, {}, R>) => string);
  /** Any of them may answer; everybody who may act on the pipeline unless given. */
  readonly roles?: readonly string[];
  /** Since it was asked: `2d`; for ever unless given. */
  readonly timeout?: string;
  /** What becomes of it when the time is up; `fail` unless given. */
  readonly onTimeout?: "fail" | "skip" | "approve";
}

/** What an approval's task gives to those who need it. */
export interface Approved {
  /** Who approved; null when nobody did and the time was up. */
  readonly by: string | null;
  readonly comment: string | null;
  /** ISO 8601. */
  readonly at: string;
}
