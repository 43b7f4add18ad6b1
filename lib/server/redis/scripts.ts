import { scriptOf } from '../../stream/redis-commands.ts';

/*
 * What is done in Redis in one step. A sequence lives as long as the server process that it is kept by: its run id is
 * read within the script, so that a server that was restarted, or a replica that took over and has not heard of the last
 * events, begins a new epoch instead of giving an offset a second time.
 */

const clock = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(n) return string.format('%.0f', n) end
local info = redis.call('INFO', 'server')
local run = string.match(info, 'run_id:(%w+)')
local up = tonumber(string.match(info, 'uptime_in_seconds:(%d+)'))
`;

/** KEYS: meta, events. ARGV: a new epoch, how long meta is kept in ms. Times are in microseconds. */
const open = `
local meta, events = KEYS[1], KEYS[2]
local kept = redis.call('HMGET', meta, 'run', 'epoch', 'offset', 'at', 'from', 'bytes', 'floor')
local epoch, offset, at = kept[2], tonumber(kept[3]), tonumber(kept[4])
local from, bytes, floor = tonumber(kept[5]), tonumber(kept[6]), tonumber(kept[7])
if kept[1] ~= run then
  epoch, offset, at, from, bytes = ARGV[1], 0, 0, now, 0
  floor = kept[1] and now or (now - up * 1000000)
  redis.call('DEL', events)
  redis.call('HSET', meta, 'run', run, 'epoch', epoch, 'offset', '0', 'at', '0', 'from', whole(from), 'bytes', '0',
    'floor', whole(floor))
end
redis.call('PEXPIRE', meta, ARGV[2])
local count = redis.call('XLEN', events)
if count == 0 then
  bytes = 0
  from = math.max(from, at + 1)
end
`;

/**
 * Appends groups of events, and publishes each. KEYS: meta, events, and for each group that of its relay. ARGV: epoch,
 * meta ms, PUBLISH or SPUBLISH, channel, most events, most bytes, longest age in µs, relay ms; then for each group the
 * stamp of its relay in seconds (-1: there is none), how many events, and these. Gives for each group 1: appended,
 * 0: was appended before, 2: the relay may be from before this memory.
 */
export const appendScript = scriptOf(
  clock,
  open,
  `
local maxEvents, maxBytes, maxAge = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local outcomes = {}
local next = 9
for group = 3, #KEYS do
  local stamp, length = tonumber(ARGV[next]), tonumber(ARGV[next + 1])
  local outcome = 1
  if stamp >= 0 then
    if redis.call('PEXPIRE', KEYS[group], ARGV[8]) == 1 then outcome = 0
    elseif stamp < math.floor(floor / 1000000) then outcome = 2
    else redis.call('SET', KEYS[group], '1', 'PX', ARGV[8]) end
  end
  if outcome == 1 then
    for index = next + 2, next + 1 + length do
      local payload = ARGV[index]
      offset = offset + 1
      at = math.max(now, at + 1)
      bytes = bytes + #payload + 100
      count = count + 1
      redis.call('XADD', events, whole(offset) .. '-0', 'a', whole(at), 'p', payload)
      redis.call(ARGV[3], ARGV[4], epoch .. ' ' .. whole(offset) .. ' ' .. payload)
    end
  end
  outcomes[#outcomes + 1] = outcome
  next = next + 2 + length
end
while count > 0 do
  local head = redis.call('XRANGE', events, '-', '+', 'COUNT', 1)[1]
  local headAt = tonumber(head[2][2])
  if count <= maxEvents and bytes <= maxBytes and headAt >= now - maxAge then break end
  redis.call('XDEL', events, head[1])
  count = count - 1
  bytes = bytes - #head[2][4] - 100
  from = math.max(from, headAt + 1)
end
redis.call('HSET', meta, 'offset', whole(offset), 'at', whole(at), 'from', whole(from), 'bytes', whole(bytes))
if count > 0 then redis.call('PEXPIRE', events, math.floor(maxAge / 1000)) end
return outcomes
`,
);

/**
 * Tells a tenant's place, and what came after another one. KEYS: meta, events. ARGV: epoch, meta ms, then `at`, epoch and
 * offset; or `since` and a time in µs; or `none`. Gives epoch, offset, whether all is known that was asked for, the
 * offset after which it begins, and then offset, time and payload of each event.
 */
export const lookScript = scriptOf(
  clock,
  open,
  `
local reached, start = 0, offset
if ARGV[3] == 'at' then
  local wanted = tonumber(ARGV[5])
  if ARGV[4] == epoch and wanted and wanted <= offset and wanted >= offset - count then reached, start = 1, wanted end
elseif ARGV[3] == 'since' then
  local wanted = tonumber(ARGV[4])
  if wanted and wanted >= from and wanted <= now then
    reached = 1
    for _, entry in ipairs(redis.call('XRANGE', events, '-', '+')) do
      if tonumber(entry[2][2]) >= wanted then
        start = tonumber(string.match(entry[1], '^%d+')) - 1
        break
      end
    end
  end
end
local answer = {epoch, whole(offset), reached, whole(start)}
if reached == 1 and start < offset then
  for _, entry in ipairs(redis.call('XRANGE', events, whole(start + 1) .. '-0', '+')) do
    answer[#answer + 1] = string.match(entry[1], '^%d+')
    answer[#answer + 1] = entry[2][2]
    answer[#answer + 1] = entry[2][4]
  end
end
return answer
`,
);

/**
 * Says that a node is alive, and tells which nodes are. KEYS: nodes. ARGV: the node (empty: only asks), after how many ms
 * one counts as gone. Gives run id, version of Redis, and the nodes.
 */
export const beatScript = scriptOf(
  clock,
  `
local version = string.match(info, 'redis_version:([%d.]+)')
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], whole(now)) end
local answer = {run, version}
local all = redis.call('HGETALL', KEYS[1])
for index = 1, #all, 2 do
  if tonumber(all[index + 1]) >= now - tonumber(ARGV[2]) * 1000 then answer[#answer + 1] = all[index]
  else redis.call('HDEL', KEYS[1], all[index]) end
end
return answer
`,
);

/**
 * Gives out numbers that nobody had. KEYS: sids. ARGV: a key for the connection ids, the number that is known to be given
 * out (-1: none), where to begin otherwise, how many. What a server that took over may not have heard of is skipped.
 */
export const sidsScript = scriptOf(
  clock,
  `
local kept = redis.call('HMGET', KEYS[1], 'run', 'key', 'next')
local known = tonumber(ARGV[2])
local next = tonumber(kept[3] or (known >= 0 and known or ARGV[3]))
if kept[1] ~= run then next = next + 1048576 end
if known >= next then next = known + 1 end
local key = kept[2] or ARGV[1]
redis.call('HSET', KEYS[1], 'run', run, 'key', key, 'next', whole(next + tonumber(ARGV[4])))
return {key, whole(next)}
`,
);

/** Keeps a message for a while, and publishes it. KEYS: stream. ARGV: PUBLISH or SPUBLISH, channel, text, keep ms, most. */
export const tellScript = scriptOf(
  clock,
  `
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[5], '*', 'at', whole(now), 'p', ARGV[3])
redis.call('XTRIM', KEYS[1], 'MINID', '~', whole(math.floor(now / 1000) - tonumber(ARGV[4])))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call(ARGV[1], ARGV[2], '! ' .. whole(now) .. ' ' .. ARGV[3])
return whole(now)
`,
);

/** What a stream of {@link tellScript} has kept. KEYS: stream. ARGV: since, Unix time in ms. Gives time and text of each. */
export const toldScript = scriptOf(
  `
local answer = {}
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], ARGV[1], '+')) do
  answer[#answer + 1] = entry[2][2]
  answer[#answer + 1] = entry[2][4]
end
return answer
`,
);
