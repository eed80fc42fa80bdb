import { NonRetryable } from "./non-retryable.ts";

/** What a sensor waited for cannot come true any more. */
export class SensorFailed extends NonRetryable {
  override readonly name = "SensorFailed";
}

/** What a sensor waited for did not come true in time. */
export class SensorExpired extends NonRetryable {
  override readonly name = "SensorExpired";
}
