/**
 * Redis runs a script as one step, which nothing comes between. So a process takes entries and is
 * known as their taker at once, and there is no moment in which it could die and leave them to
 * nobody.
 */

const GIVE_BACK = `
local function giveBack(list)
  while redis.call('LMOVE', list, KEYS[1], 'LEFT', 'RIGHT') do end
end`;

/**
 * Takes entries into the list of the taker: first what has arrived, then the others in order.
 * Before that, what this taker or a dead one took and did not remove goes to the end, so that it
 * comes again and is in nobody's way.
 *
 * KEYS: the list, what has arrived, the takers by when they last took (Redis's clock), this
 * taker's list. ARGV: this taker, what the names of takers' lists begin with, after how many
 * milliseconds a silent taker is dead, how many entries to take at most.
 */
export const TAKE: string = `${GIVE_BACK}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
giveBack(KEYS[4])
redis.call('ZADD', KEYS[3], now, ARGV[1])
local dead = redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[3], 'LIMIT', 0, 100)
for _, taker in ipairs(dead) do
  giveBack(ARGV[2] .. taker)
  redis.call('ZREM', KEYS[3], taker)
end
local taken = {}
for at = 1, tonumber(ARGV[4]) do
  local entry = redis.call('LMOVE', KEYS[2], KEYS[4], 'LEFT', 'RIGHT')
    or redis.call('LMOVE', KEYS[1], KEYS[4], 'LEFT', 'RIGHT')
  if not entry then break end
  taken[at] = entry
end
return taken`;

/**
 * What a taker does last: gives back what it did not remove. KEYS: the list, its own list, the
 * takers. ARGV: this taker.
 */
export const LEAVE: string = `${GIVE_BACK}
giveBack(KEYS[2])
return redis.call('ZREM', KEYS[3], ARGV[1])`;
