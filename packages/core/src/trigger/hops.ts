/**
 * How many causes may lead to one another. Beyond it, pipelines drive each other in a circle that
 * no graph showed, and what would come of it becomes a dead letter.
 */
export const HOPS_MAX = 64;
