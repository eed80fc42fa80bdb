export interface ShellOptions {
  /** Where it runs; this process's own directory unless told. */
  readonly cwd?: string;
  /** Beside this process's own variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads; nothing unless told. */
  readonly input?: string | Uint8Array;
  /** A duration such as `90s`, after which it is stopped; none but the task's own unless told. */
  readonly timeout?: string;
  /** Of stdout and of stderr, at most so much is kept, of the end; 1 MiB unless told. */
  readonly outputBytesMax?: number;
  /** What to make of stdout: the text without the line break at its end, its lines, or JSON. */
  readonly parse?: "text" | "lines" | "json";
}

/** What a command wrote, when nothing was to be made of it. */
export interface ShellOutput {
  /** At most `outputBytesMax` of its end. */
  readonly stdout: string;
  readonly stderr: string;
  /** The beginning of one of them is missing. */
  readonly isCut: boolean;
}

/** What `parse` makes of it. */
export type ParsedBy<O extends ShellOptions> = O extends { readonly parse: "text" }
  ? string
  : O extends { readonly parse: "lines" }
    ? string[]
    : O extends { readonly parse: "json" }
      ? unknown
      : ShellOutput;
