/** What whoever asked for a comparison can mend, in a sentence. */
export class AgainstProblem extends Error {}
