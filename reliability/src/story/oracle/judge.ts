import type { Violation } from "../../invariants/violation.ts";
import type { Rest } from "../../sim/plan.ts";
import type { Story } from "../story.ts";

export async function judge(
  _story: Story,
  _rest: Rest,
  _startsAt: number,
): Promise<readonly Violation[]> {
  return [];
}
