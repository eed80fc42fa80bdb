import type { Handler } from "../pipeline/definition.ts";
import type { ApprovalSpec } from "../spec/task-spec.ts";
import type { Approved } from "./approval-options.ts";
import { ApprovalExpired, ApprovalRejected } from "./approval-rejected.ts";
import type { Context } from "./context.ts";
import { APPROVAL_DEFAULTS } from "./task-defaults.ts";
import { TaskSkipped } from "./task-skipped.ts";

/** The options of an `approval` that its handler needs. */
export interface WrittenApproval {
  readonly asks: string | ((context: Context) => string);
  readonly roles?: readonly string[];
  readonly timeout?: string;
  readonly onTimeout?: ApprovalSpec["onTimeout"];
}

/** An approval is a task whose handler asks, and makes an end of the answer. */
export function approvalHandler(written: WrittenApproval): Handler {
  const { asks, roles, timeout, onTimeout = APPROVAL_DEFAULTS.onTimeout } = written;
  return async (context: Context): Promise<Approved> => {
    const { verdict, by, comment, at } = await context.waitForApproval({
      asks: typeof asks === "function" ? asks(context) : asks,
      ...(roles !== undefined && { roles }),
      ...(timeout !== undefined && { timeout }),
    });
    if (verdict === "rejected") throw new ApprovalRejected({ by, comment });
    if (verdict === "timed_out" && onTimeout !== "approve") {
      const message = `nobody answered within ${timeout}`;
      throw onTimeout === "skip" ? new TaskSkipped(message) : new ApprovalExpired(message);
    }
    return { by, comment, at };
  };
}
