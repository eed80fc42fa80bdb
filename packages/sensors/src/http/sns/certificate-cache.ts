import { X509Certificate } from "node:crypto";
import type { Instant } from "@millrace/core/internal";
import { type Fetch, fetchLimited } from "./fetch-limited.ts";

export type FoundCertificate =
  | { readonly type: "found"; readonly certificate: X509Certificate }
  /** SNS has no such certificate. */
  | { readonly type: "none" }
  /** Nobody knows: SNS gave no certificate, or too many are asked for at once. */
  | { readonly type: "unreachable"; readonly error: unknown };

const KEPT_MAX = 16;
const KEPT_MS = 24 * 3_600_000;
/** Anybody can name addresses, so that few are asked for at a time. */
const FETCHES_MAX = 4;

/**
 * Only these say for certain that there is none. What is refused for it, SNS never sends again: after
 * a redirect, a 429 or a cut answer it is asked to come again instead.
 */
const NOT_THERE: ReadonlySet<number> = new Set([403, 404, 410]);

interface Kept {
  readonly certificate: X509Certificate;
  readonly untilMs: Instant;
}

/**
 * Signing certificates of SNS, by address. Only addresses that `certificateUrl` took may be asked
 * for: that they come over TLS from a host of SNS is what they are trusted for.
 */
export class CertificateCache {
  readonly #fetch: Fetch;
  readonly #kept = new Map<string, Kept>();
  readonly #fetching = new Map<string, Promise<FoundCertificate>>();

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  async find(url: string, nowMs: Instant): Promise<FoundCertificate> {
    const kept = this.#kept.get(url);
    if (kept !== undefined && nowMs < kept.untilMs)
      return { type: "found", certificate: kept.certificate };
    const others = this.#fetching.get(url);
    if (others !== undefined) return others;
    if (this.#fetching.size >= FETCHES_MAX) return { type: "unreachable", error: null };
    const fetched = this.#load(url, nowMs).finally(() => this.#fetching.delete(url));
    this.#fetching.set(url, fetched);
    return fetched;
  }

  async #load(url: string, nowMs: Instant): Promise<FoundCertificate> {
    try {
      const { status, text } = await fetchLimited(this.#fetch, url);
      if (NOT_THERE.has(status)) return { type: "none" };
      const certificate = status === 200 ? parseCertificate(text) : null;
      if (certificate === null) return { type: "unreachable", error: `SNS answered ${status}` };
      this.#keep(url, { certificate, untilMs: nowMs + KEPT_MS });
      return { type: "found", certificate };
    } catch (error) {
      return { type: "unreachable", error };
    }
  }

  /** What was fetched first goes first: SNS has one certificate per region at a time. */
  #keep(url: string, kept: Kept): void {
    this.#kept.delete(url);
    this.#kept.set(url, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}
