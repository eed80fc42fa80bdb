import {
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  S3Client,
} from "@aws-sdk/client-s3";
import { isRecord } from "@millrace/core/internal";
import { bareEtag } from "../s3/s3-record.ts";
import { accessOf } from "../source/aws-access.ts";
import type { S3ListingSource } from "../source/object-source.ts";
import type { ListedObject, ListedPage, ListFrom, ObjectLister } from "./object-lister.ts";

/** {@link ObjectLister} on Amazon S3 and what speaks its protocol. */
export class S3Lister implements ObjectLister {
  readonly #client: S3Client;
  readonly #bucket: string;

  constructor(source: S3ListingSource) {
    this.#bucket = source.bucket;
    this.#client = new S3Client({
      ...accessOf(source),
      // Other servers than Amazon's rarely have a name for each bucket.
      forcePathStyle: source.endpoint !== undefined,
      requestHandler: {
        connectionTimeout: 5_000,
        requestTimeout: 60_000,
        throwOnRequestTimeout: true,
      },
    });
  }

  async list(prefix: string, from: ListFrom, signal: AbortSignal): Promise<ListedPage> {
    const command = new ListObjectsV2Command({
      Bucket: this.#bucket,
      Prefix: prefix,
      // XML cannot hold some characters that keys can: one such key would spoil its page.
      EncodingType: "url",
      ...placeOf(from),
    });
    let listedAt: number | null = null;
    command.middlewareStack.add(
      (next) => async (input) => {
        const answer = await next(input);
        const response: unknown = answer.response;
        listedAt = dateOf(response);
        return answer;
      },
      { step: "deserialize", priority: "high" },
    );
    const page = await this.#client.send(command, { abortSignal: signal });
    return { objects: objectsOf(page), next: page.NextContinuationToken ?? null, listedAt };
  }

  close(): void {
    this.#client.destroy();
  }
}

function placeOf(from: ListFrom): { ContinuationToken?: string; StartAfter?: string } {
  if (from === null) return {};
  return "token" in from ? { ContinuationToken: from.token } : { StartAfter: from.after };
}

function objectsOf({
  Contents = [],
  EncodingType,
}: ListObjectsV2CommandOutput): readonly ListedObject[] {
  return Contents.flatMap(({ Key, ETag, Size, LastModified }) => {
    if (Key === undefined || LastModified === undefined) return [];
    const key = EncodingType === "url" ? decodeURIComponent(Key.replaceAll("+", " ")) : Key;
    return { key, etag: bareEtag(ETag ?? null), bytes: Size ?? null, at: LastModified.getTime() };
  });
}

/** The moment of the answer: the bucket was so then. */
function dateOf(response: unknown): number | null {
  const headers = isRecord(response) ? response["headers"] : null;
  const date = isRecord(headers) ? headers["date"] : null;
  const at = typeof date === "string" ? Date.parse(date) : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
