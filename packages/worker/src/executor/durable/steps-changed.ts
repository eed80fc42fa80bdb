import { NonRetryable } from "@millrace/core/internal";

/** The handler asks for other steps than before, or for one of them twice. */
export class StepsChanged extends NonRetryable {
  override readonly name = "StepsChanged";
}
