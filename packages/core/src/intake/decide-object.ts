import type { Instant } from "../lib/instant.ts";
import type { ObservedObject } from "../ports/intake.ts";
import { compareSequencers, secondOf } from "./object-order.ts";

/** What is known of one key of one bucket for one dataset: the present, not its history. */
export interface ObjectState {
  readonly kind: "changed" | "removed";
  readonly etag: string | null;
  readonly bytes: number | null;
  readonly versionId: string | null;
  /** Of the object itself when an event told of it; of something before it after a listing. */
  readonly sequencer: string | null;
  /** When it was written, as the source says; to the second after a listing. */
  readonly at: Instant;
  readonly via: "event" | "listing";
  /** The instant for which it is known that the key was so: when it was written, or listed. */
  readonly seenAt: Instant;
}

export interface ObjectDecision {
  /** True when the observation is a new update of its dataset. */
  readonly record: boolean;
  /** Why, in words for people. */
  readonly reason: string;
  /**
   * In a bucket with versions, the version id. The store keeps all that it has seen of a key:
   * `record` counts only when this one is new to it. Null without versions.
   */
  readonly identity: string | null;
  /** What to keep. The very `state` that was given when there is nothing to store. */
  readonly next: ObjectState;
}

/**
 * Whether an observed object is news, given what is known of its key. Call it under a lock on
 * the key. One object version becomes one update, however it arrives and however often:
 *
 * - An event with an older or equal sequencer than the present state's is out of date.
 * - Without versions an object is compared with the present state, not with history: writing A,
 *   B, A makes three updates; writing the identical bytes again (an equal etag) makes none.
 * - With versions each version id is one update, even when its bytes equal the last.
 * - A listing has no sequencer. It counts when its etag differs and it was taken in a later
 *   second than the state is known for; in the same second nobody can say which came first, and
 *   the next listing settles it. The event of an object that was listed first adds only its
 *   sequencer and version.
 * - Removals follow the same rules; removing what is already gone is no news. A removal in the
 *   very second in which its object was both written and listed counts, because no later
 *   listing could make up for it.
 */
export function decideObject(state: ObjectState | null, observed: ObservedObject): ObjectDecision {
  if (state === null) return recorded(observed, null, "nothing was known of this key");
  if (observed.via === "listing") return decideListed(state, observed);
  return state.via === "listing"
    ? decideAfterListing(state, observed)
    : decideEvent(state, observed);
}

function decideListed(state: ObjectState, observed: ObservedObject): ObjectDecision {
  if (hasSameContent(state, observed)) return kept(state, observed, "it is listed as it is known");
  if (secondOf(seenAtOf(observed)) > secondOf(state.seenAt))
    return recorded(observed, state.sequencer, "the listing shows what no event told");
  return kept(state, observed, "what is known may be newer than the listing: the next one tells");
}

/** Both are events: sequencers order them, or failing these their times. */
function decideEvent(state: ObjectState, observed: ObservedObject): ObjectDecision {
  const order = compareEvents(state, observed);
  if (order < 0) return kept(state, observed, "a newer event of this key is known");
  if (order === 0) return kept(state, observed, "this event is known");
  return decideNewer(state, observed);
}

function decideAfterListing(state: ObjectState, observed: ObservedObject): ObjectDecision {
  if (isBehindSequencer(state, observed))
    return kept(state, observed, "a newer event of this key is known");
  const second = secondOf(observed.at);
  const listed = secondOf(state.seenAt);
  if (second <= listed && hasSameContent(state, observed)) return filledIn(state, observed);
  if (second < listed) return kept(state, observed, "a later listing shows another object");
  // The listing and this event share a second: it is the later one if the listed object is older.
  const isUnsure = second === listed && second <= secondOf(state.at);
  if (isUnsure && observed.kind === "changed")
    return kept(state, observed, "a listing of the same second shows another: the next one tells");
  return decideNewer(state, observed);
}

function decideNewer(state: ObjectState, observed: ObservedObject): ObjectDecision {
  if (!isSameVersion(state, observed))
    return recorded(observed, observed.sequencer, "it is newer than what is known");
  const next = stateOf(observed, observed.sequencer ?? state.sequencer);
  const reason =
    observed.kind === "removed" ? "it was already gone" : "it was written again, unchanged";
  return { record: false, reason, identity: observed.versionId, next };
}

/** The object that a listing found before its event came, or an earlier one with its bytes. */
function filledIn(state: ObjectState, observed: ObservedObject): ObjectDecision {
  const next = {
    ...state,
    sequencer: observed.sequencer ?? state.sequencer,
    versionId: observed.versionId ?? state.versionId,
  };
  return { record: false, reason: "a listing told of it", identity: observed.versionId, next };
}

function recorded(
  observed: ObservedObject,
  sequencer: string | null,
  reason: string,
): ObjectDecision {
  const next = stateOf(observed, observed.sequencer ?? sequencer);
  return { record: true, reason, identity: observed.versionId, next };
}

function kept(state: ObjectState, observed: ObservedObject, reason: string): ObjectDecision {
  return { record: false, reason, identity: observed.versionId, next: state };
}

function stateOf(observed: ObservedObject, sequencer: string | null): ObjectState {
  const { kind, etag, bytes, versionId, at, via } = observed;
  return { kind, etag, bytes, versionId, sequencer, at, via, seenAt: seenAtOf(observed) };
}

function seenAtOf(observed: ObservedObject): Instant {
  return observed.listedAt ?? observed.at;
}

function compareEvents(state: ObjectState, observed: ObservedObject): number {
  if (state.sequencer !== null && observed.sequencer !== null)
    return compareSequencers(observed.sequencer, state.sequencer);
  if (observed.at !== state.at) return observed.at - state.at;
  // Nothing orders them: what differs may be news, and losing it would be worse.
  return isSameVersion(state, observed) ? 0 : 1;
}

function isBehindSequencer(state: ObjectState, observed: ObservedObject): boolean {
  if (state.sequencer === null || observed.sequencer === null) return false;
  return compareSequencers(observed.sequencer, state.sequencer) <= 0;
}

function isSameVersion(state: ObjectState, observed: ObservedObject): boolean {
  if (state.kind !== observed.kind) return false;
  if (observed.kind === "removed") return true;
  if (observed.versionId !== null) return state.versionId === observed.versionId;
  return hasSameContent(state, observed);
}

/** True when both are there with equal contents, or both are gone. */
export function hasSameContent(
  state: ObjectState,
  observed: Pick<ObjectState, "kind" | "etag" | "bytes">,
): boolean {
  if (state.kind !== observed.kind) return false;
  if (state.etag === null && observed.etag === null) return state.bytes === observed.bytes;
  return state.etag === observed.etag;
}
