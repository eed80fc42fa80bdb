import { lookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { type AllowedTargets, isAddressAllowed } from "./allowed-targets.ts";
import { callFailed } from "./fetch-failure.ts";

/** How names become addresses; tests bring their own. */
export type Resolve = (
  host: string,
  done: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export const systemResolve: Resolve = (host, done) => {
  lookup(host, { all: true, verbatim: true }, (error, addresses) => {
    done(error, error === null ? addresses : []);
  });
};

/**
 * A lookup for `node:http` that gives only addresses that may be called. The connection is made
 * to the very addresses that were judged, so a name that resolves otherwise a moment later is no
 * way in. A name of which one address is refused is refused as a whole.
 */
export function guardedLookup(allow: AllowedTargets, resolve: Resolve): LookupFunction {
  return (host, options, done) => {
    resolve(host, (error, addresses) => {
      const [first] = addresses;
      if (error !== null) done(error, "");
      else if (first === undefined) done(new Error(`${host} has no address`), "");
      else if (addresses.some(({ address }) => !isAddressAllowed(address, host, allow)))
        done(refusedAddress(host), "");
      else if (options.all === true) done(null, [...addresses]);
      else done(null, first.address, first.family);
    });
  };
}

/**
 * Refuses an address that is written out in the URL: Node connects to it without any lookup.
 *
 * @throws {CallFailed}
 */
export function guardLiteral({ hostname }: URL, allow: AllowedTargets): void {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(host) !== 0 && !isAddressAllowed(host, host, allow)) throw refusedAddress(host);
}

function refusedAddress(host: string): Error {
  const mend = "if it is meant, allow the host or its network by MILLRACE_ALLOW_HOSTS";
  return callFailed("refusedAddress", `${host} lies inside a network that is not public; ${mend}`);
}
