/** The part of `fetch` that is used. */
export type Fetch = (
  url: string,
  init: { readonly redirect: "manual"; readonly signal: AbortSignal },
) => Promise<Response>;

export interface Fetched {
  readonly status: number;
  readonly text: string;
}

const TIMEOUT_MS = 5_000;
const BYTES_MAX = 64 * 1_024;

/**
 * Asks for one address, without following it elsewhere, within five seconds and 64 KiB. The rest
 * of a longer answer is left.
 *
 * @throws When there was no answer.
 */
export async function fetchLimited(fetch: Fetch, url: string): Promise<Fetched> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, { redirect: "manual", signal: giveUp.signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.byteLength;
      if (bytes > BYTES_MAX) break;
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString("utf8") };
  } finally {
    clearTimeout(timer);
  }
}
