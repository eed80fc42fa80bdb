/** A text as it is, or the place in the message where it stands. */
export type MappedText =
  | string
  | {
      /** JSON pointer (RFC 6901): `/data/day`. */
      readonly at: string;
      /** Only these are taken. */
      readonly oneOf?: readonly string[];
    };

/** What a message in JSON becomes. */
export type MessageMapping = EventMapping | UpdateMapping;

/** An event on the bus. */
export interface EventMapping {
  readonly type: "event";
  readonly name: MappedText;
  /** JSON pointer of its data; absent: the whole message. */
  readonly data?: string;
  /** Heard in this namespace only; absent: everywhere. */
  readonly namespace?: string;
}

/** An update of a dataset. */
export interface UpdateMapping {
  readonly type: "update";
  /**
   * `namespace/name`. Where the message itself names it, `oneOf` must say which it may name: a
   * sender does not choose among all that there are.
   */
  readonly dataset: MappedText;
  readonly partition?: Readonly<Record<string, MappedText>>;
  readonly uri?: MappedText;
  /** Text by which two updates with equal contents are known. */
  readonly contentVersion?: MappedText;
  /** JSON pointer of its metadata; absent: none. */
  readonly metadata?: string;
  /** Where the message says that something is gone, and in which words; absent: it never does. */
  readonly removed?: { readonly at: string; readonly oneOf: readonly string[] };
}
