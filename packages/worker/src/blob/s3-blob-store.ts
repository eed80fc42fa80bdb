import type * as Sdk from "@aws-sdk/client-s3";
import type { BlobStore } from "@millrace/core/internal";
import { blobMissing, keySegments } from "./blob-key.ts";

export interface S3BlobStoreOptions {
  readonly bucket: string;
  /** Goes before each key, with a `/` between them; "" for none. */
  readonly prefix?: string;
  /** What the AWS SDK does not find by itself: region, endpoint, credentials. */
  readonly client?: Sdk.S3ClientConfig;
}

const CONNECT_MS_MAX = 5_000;
/** Without any progress; a large object may take longer as a whole. */
const SILENCE_MS_MAX = 60_000;

/** {@link BlobStore} on Amazon S3 and what speaks its protocol. */
export class S3BlobStore implements BlobStore {
  readonly #options: S3BlobStoreOptions;
  readonly #prefix: string;
  #sdk: Promise<{ readonly s3: S3; readonly client: Sdk.S3Client }> | null = null;

  constructor(options: S3BlobStoreOptions) {
    const prefix = (options.prefix ?? "").replaceAll(/^\/+|\/+$/g, "");
    this.#options = options;
    this.#prefix = prefix === "" ? "" : `${prefix}/`;
  }

  async put(key: string, bytes: Uint8Array): Promise<void> {
    const place = this.#placeOf(key);
    const { s3, client } = await this.#open();
    await client.send(new s3.PutObjectCommand({ ...place, Body: bytes }));
  }

  async get(key: string): Promise<Uint8Array> {
    const place = this.#placeOf(key);
    const { s3, client } = await this.#open();
    try {
      const { Body } = await client.send(new s3.GetObjectCommand(place));
      return (await Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (error instanceof s3.NoSuchKey) throw blobMissing(key, error);
      throw error;
    }
  }

  #placeOf(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#options.bucket, Key: this.#prefix + keySegments(key).join("/") };
  }

  /** Loaded when it is first needed: it takes a while, and most processes never need it. */
  #open(): Promise<{ readonly s3: S3; readonly client: Sdk.S3Client }> {
    this.#sdk ??= import("@aws-sdk/client-s3").then((s3) => {
      const requestHandler = {
        connectionTimeout: CONNECT_MS_MAX,
        socketTimeout: SILENCE_MS_MAX,
      };
      const { client } = this.#options;
      const endpoint = client?.endpoint ?? process.env["AWS_ENDPOINT_URL_S3"];
      // Other servers than Amazon's rarely have a name for each bucket.
      const forcePathStyle =
        endpoint !== undefined || process.env["AWS_ENDPOINT_URL"] !== undefined;
      return { s3, client: new s3.S3Client({ forcePathStyle, requestHandler, ...client }) };
    });
    return this.#sdk;
  }
}

type S3 = typeof Sdk;
