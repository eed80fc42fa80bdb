/** What a notification says of one object. */
export interface NotifiedObject {
  readonly event:
    | "ObjectCreated:Put"
    | "ObjectCreated:CompleteMultipartUpload"
    | "ObjectRemoved:Delete";
  readonly bucket: string;
  /** As it is, not encoded. */
  readonly key: string;
  /** Null for a removal. */
  readonly content: { readonly etag: string; readonly bytes: number } | null;
  readonly sequencer: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * The message that S3 puts on a queue for one object, as the Amazon S3 User Guide documents it.
 * Keys are encoded as in a form: a space is `+`.
 */
export function s3EventJson(object: NotifiedObject): string {
  const { event, bucket, key, content, sequencer, at } = object;
  const record = {
    eventVersion: "2.1",
    eventSource: "aws:s3",
    awsRegion: "us-east-1",
    eventTime: new Date(at).toISOString(),
    eventName: event,
    userIdentity: { principalId: "AWS:TEST" },
    requestParameters: { sourceIPAddress: "127.0.0.1" },
    responseElements: { "x-amz-request-id": "TEST", "x-amz-id-2": "TEST" },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "millrace",
      bucket: {
        name: bucket,
        ownerIdentity: { principalId: "TEST" },
        arn: `arn:aws:s3:::${bucket}`,
      },
      object: {
        key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/"),
        ...(content !== null && {
          size: content.bytes,
          eTag: content.etag.replaceAll('"', ""),
        }),
        sequencer,
      },
    },
  };
  return JSON.stringify({ Records: [record] });
}
