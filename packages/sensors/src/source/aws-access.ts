import type { AwsAccess } from "./object-source.ts";

/** What the AWS SDK's clients are to be told; nothing for what was left out. */
export function accessOf({ region, endpoint, credentials }: AwsAccess): AwsAccess {
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  };
}
