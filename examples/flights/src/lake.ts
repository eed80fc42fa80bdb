import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";

// Region, credentials and endpoint come from the environment, as for every AWS client: the same
// code reads a bucket of Amazon's, a MinIO, or the server that the demo starts.
const client = new S3Client();

/** Where an `s3://` URI points to. */
function placeOf(uri: string): { readonly Bucket: string; readonly Key: string } {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (Bucket === undefined || Key === undefined) throw new Error(`${uri} is no S3 URI`);
  return { Bucket, Key };
}

/** Copies an object into a local file. */
export async function download(uri: string, file: string): Promise<void> {
  const { Body } = await client.send(new GetObjectCommand(placeOf(uri)));
  if (Body === undefined) throw new Error(`${uri} came without a body`);
  await pipeline(Body.transformToWebStream(), createWriteStream(file));
}

/** The text of an object. */
export async function readText(uri: string): Promise<string> {
  const { Body } = await client.send(new GetObjectCommand(placeOf(uri)));
  return (await Body?.transformToString()) ?? "";
}

/** Writes an object whole: readers see the old one or the new one, never a half. */
export async function write(uri: string, body: string | Uint8Array): Promise<void> {
  await client.send(new PutObjectCommand({ ...placeOf(uri), Body: body }));
}

/** The URIs of all objects that begin so, in order of their keys. */
export async function list(prefix: string): Promise<readonly string[]> {
  const { Bucket, Key } = placeOf(prefix);
  const uris: string[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListObjectsV2Command({
        Bucket,
        Prefix: Key,
        ...(token !== undefined && { ContinuationToken: token }),
      }),
    );
    uris.push(...(page.Contents ?? []).map((object) => `s3://${Bucket}/${object.Key ?? ""}`));
    token = page.NextContinuationToken;
  } while (token !== undefined);
  return uris.toSorted();
}
