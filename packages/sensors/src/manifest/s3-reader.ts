import { GetObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { accessOf } from "../source/aws-access.ts";
import type { AwsAccess } from "../source/object-source.ts";
import type { ObjectReader, ReadText } from "./object-reader.ts";

const BYTES_MAX = 1_048_576;
/** From the request to the last byte: a server that drips bytes ends here. */
const TOTAL_MS = 15_000;

/** {@link ObjectReader} on Amazon S3 and what speaks its protocol. */
export class S3Reader implements ObjectReader {
  readonly #client: S3Client;

  constructor(access: AwsAccess) {
    this.#client = new S3Client({
      ...accessOf(access),
      // Other servers than Amazon's rarely have a name for each bucket.
      forcePathStyle: access.endpoint !== undefined,
    });
  }

  async read(bucket: string, key: string): Promise<ReadText> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TOTAL_MS);
    try {
      const command = new GetObjectCommand({ Bucket: bucket, Key: key });
      const { Body } = await this.#client.send(command, { abortSignal: abort.signal });
      const stream: unknown = Body;
      return await readText(stream as AsyncIterable<Uint8Array>, abort.signal);
    } catch (error) {
      const problem = finalProblem(error);
      if (problem === null) throw error;
      return { ok: false, problem };
    } finally {
      clearTimeout(timer);
      // What is left of a body that is too large is not waited for.
      abort.abort();
    }
  }

  close(): void {
    this.#client.destroy();
  }
}

async function readText(body: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<ReadText> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > BYTES_MAX) return { ok: false, problem: `has more than ${BYTES_MAX} bytes` };
    chunks.push(chunk);
  }
  return { ok: true, text: Buffer.concat(chunks).toString("utf8") };
}

/** Null where the same request may succeed later. */
function finalProblem(error: unknown): string | null {
  if (!(error instanceof S3ServiceException)) return null;
  const status = error.$metadata.httpStatusCode ?? 500;
  const isFinal = status >= 300 && status < 500 && status !== 408 && status !== 429;
  return isFinal ? `cannot be read: ${error.name} ${error.message.slice(0, 200)}` : null;
}
