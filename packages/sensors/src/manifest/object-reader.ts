/** The text of small objects. */
export interface ObjectReader {
  /**
   * @returns A problem where trying again would not help: it is gone, too large, or refused.
   * @throws When the service cannot be reached, or has too much to do.
   */
  read(bucket: string, key: string): Promise<ReadText>;
}

export type ReadText =
  | { readonly ok: true; readonly text: string }
  /** Without its subject and without a full stop. */
  | { readonly ok: false; readonly problem: string };
