import { connectionVariable } from "../connection/connection.ts";
import type { RunTarget } from "./run-check.ts";
import type { SystemCredential } from "./run-system-client.ts";

/** Which variable of a connection to mend when its system refuses who asks; null: none of them. */
export function refusalMend(
  status: number,
  { system, connection }: Pick<RunTarget, "system" | "connection">,
  credential: SystemCredential["type"],
): string | null {
  if (connection === null || (status !== 401 && status !== 403)) return null;
  // GitHub says so to those who ask too often, too.
  if (status === 403 && system === "github") return null;
  const variable = connectionVariable(connection);
  switch (credential) {
    case "none":
      return `it wants to know who asks: set ${variable}_TOKEN, or write a user and a password into ${variable}`;
    case "bearer":
    case "header":
      return status === 401
        ? `it does not take the token of ${variable}_TOKEN, or no longer: set a new one`
        : `it does not take the token of ${variable}_TOKEN, or whose it is may not read this`;
    case "basic":
    case "airflow-login":
      return status === 401
        ? `it does not take the user and the password of ${variable}`
        : `the user of ${variable} may not read this`;
  }
}
