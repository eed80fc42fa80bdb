/** What happens by chance all the time; each a probability in [0, 1]. */
export interface Weather {
  /** A bell is lost. */
  readonly dropBell: number;
  /** A bell is heard twice. */
  readonly doubleBell: number;
  /** A bell is heard after later ones. */
  readonly delayBell: number;
  /** A commit is answered by a broken connection; half of them had committed. */
  readonly unknownCommit: number;
  /** A statement is answered by a broken connection. */
  readonly brokenStatement: number;
  /** A process dies at an await. */
  readonly crashAnywhere: number;
  /** A statement or handler takes long, up to twice the lease. */
  readonly slow: number;
}

export const CALM: Weather = {
  dropBell: 0,
  doubleBell: 0,
  delayBell: 0,
  unknownCommit: 0,
  brokenStatement: 0,
  crashAnywhere: 0,
  slow: 0,
};
