import { definitionInvalid } from "@millrace/core/internal";
import ipaddr from "ipaddr.js";

/** Which hosts and networks inside may be called, besides all that is public. */
export interface AllowedTargets {
  /** Names in lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly networks: readonly Network[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = readonly [Address, number];

/** Nothing but what is public. */
export const PUBLIC_ONLY: AllowedTargets = { hosts: new Set(), networks: [] };

const ENTRIES_MAX = 1_000;
const HOST =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?)*$/;

/**
 * Reads a list of hosts (`airflow.internal`), addresses (`10.0.0.7`) and networks (`10.0.0.0/8`,
 * `fd00::/8`). A host allows every address that its name resolves to.
 *
 * @throws {DEFINITION_INVALID} Names each entry that is none of the three.
 */
export function allowedTargets(entries: readonly string[]): AllowedTargets {
  const hosts = new Set<string>();
  const networks: Network[] = [];
  const problems: string[] = [];
  if (entries.length > ENTRIES_MAX)
    problems.push(`Allowed targets: ${entries.length} entries; write at most ${ENTRIES_MAX}.`);
  for (const entry of entries.slice(0, ENTRIES_MAX)) {
    const network = networkOf(entry);
    if (network !== null) networks.push(network);
    else if (isHost(entry)) hosts.add(entry.toLowerCase());
    else problems.push(problemOf(entry));
  }
  if (problems.length > 0) throw definitionInvalid(problems);
  return { hosts, networks };
}

/**
 * Whether a connection to `address`, which `host` resolved to, may be made. Public is only what
 * the internet routes to one host: everything private, shared, local, reserved, translated or
 * tunnelled is refused, as another spelling of an inner address may hide in it.
 */
export function isAddressAllowed(address: string, host: string, allow: AllowedTargets): boolean {
  if (allow.hosts.has(host.toLowerCase())) return true;
  const bare = address.replace(/%.*$/, "");
  if (!ipaddr.isValid(bare)) return false;
  // An IPv4 address in IPv6 clothes (`::ffff:10.0.0.1`) is judged as what it is.
  const parsed = ipaddr.process(bare);
  return isPublic(parsed) || allow.networks.some((network) => isWithin(parsed, network));
}

function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || isWithin(address, [ipaddr.parse("2000::"), 3]);
}

function isWithin(address: Address, [base, bits]: Network): boolean {
  return address.kind() === base.kind() && address.match(base, bits);
}

function networkOf(entry: string): Network | null {
  try {
    if (entry.includes("/")) return ipaddr.parseCIDR(entry);
    // Only the four-part spelling: "10" is a host's name, not the address 0.0.0.10.
    if (!entry.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(entry)) return null;
    const address = ipaddr.process(entry);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch (error) {
    if (error instanceof Error) return null;
    throw error;
  }
}

function isHost(entry: string): boolean {
  return HOST.test(entry.toLowerCase()) && !/^[\d.]+$/.test(entry);
}

function problemOf(entry: string): string {
  const shown = JSON.stringify(entry.slice(0, 100));
  return `Allowed targets: ${shown} is no host, address or network; write one like "airflow.internal", "10.0.0.7" or "10.0.0.0/8".`;
}
