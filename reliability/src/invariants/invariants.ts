/** What the system promises, and where in this repository that is checked. */
export interface Invariant {
  readonly id: `I${number}`;
  readonly title: string;
  readonly how: "trigger" | "always" | "quiescent" | "elsewhere";
  readonly where: string;
}

export const INVARIANTS: readonly Invariant[] = [];
