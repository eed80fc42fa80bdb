import type { Channel } from "@millrace/core/internal";

/**
 * One name for one channel, and no other channel has it. It holds no colon, which BullMQ
 * refuses: both parts are percent-encoded, and then no slash is left but the one between them.
 */
export function channelName(channel: Channel): string {
  return `${encodeURIComponent(channel.queue)}/${encodeURIComponent(channel.version)}`;
}
