"""
What runs inside Redis: each call of a buffer or a cache is one script, and so one step and one round trip.

Rules of this file: Lua, in which every key is declared. Instants stay text, since Lua would round them when it prints
them; they are compared as the doubles that Redis sorts by, which are exact to the microsecond until the year 2255. The
first write is one that a server without memory refuses, so that nothing is half written.

An integration has five keys, all in one slot:

    records   hash: the name of a record → its JSON; `number`, how many there were; `day`, that of the last one
    names     sorted set by name: event type, `e` for an error or `o` for another, number, with NUL in between
    instants  sorted set of the same names by instant
    days      hash: day and outcome → count
    claim     until when, in microseconds
"""

from __future__ import annotations

from hashlib import sha1

from attrs import field, frozen

__all__ = ["CLAIM", "RECENT", "RECORD", "REPLACE", "Script"]


@frozen
class Script:
    """A script, and what Redis knows it by once it has seen it."""

    text: str
    sha: str = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Compute the name that Redis gives it."""
        object.__setattr__(self, "sha", sha1(self.text.encode("utf-8"), usedforsecurity=False).hexdigest())


RECORD = Script(
    r"""
local records, names, instants, days, claim = unpack(KEYS)
local text, at, earliest, latest, day, event_type, kind, outcome = unpack(ARGV, 1, 8)
local window, most, most_types, retention, ttl = unpack(ARGV, 9, 13)
day, window, most, most_types, retention =
    tonumber(day), tonumber(window), tonumber(most), tonumber(most_types), tonumber(retention)

local function forget(found)
    for first = 1, #found, 1000 do
        local last = math.min(first + 999, #found)
        redis.call('HDEL', records, unpack(found, first, last))
        redis.call('ZREM', names, unpack(found, first, last))
        redis.call('ZREM', instants, unpack(found, first, last))
    end
end

local function from(beginning)
    return '[' .. beginning .. '\0', '(' .. beginning .. '\1'
end

local function newest(type)
    local last = ''
    for _, one in ipairs({'e', 'o'}) do
        local low, high = from(type .. '\0' .. one)
        local found = redis.call('ZREVRANGEBYLEX', names, high, low, 'LIMIT', 0, 1)[1]
        if found and string.sub(found, -16) > last then last = string.sub(found, -16) end
    end
    return last
end

-- Keep it.
local number = redis.call('HINCRBY', records, 'number', 1)
local name = event_type .. '\0' .. kind .. '\0' .. string.format('%016d', number)
redis.call('HSET', records, name, text)
redis.call('ZADD', names, 0, name)
redis.call('ZADD', instants, at, name)

-- Forget what is too far away in time, and one too many of its kind.
forget(redis.call('ZRANGEBYSCORE', instants, '-inf', '(' .. earliest))
forget(redis.call('ZRANGEBYSCORE', instants, '(' .. latest, '+inf'))
local low, high = from(event_type .. '\0' .. kind)
if redis.call('ZLEXCOUNT', names, low, high) > most then
    forget(redis.call('ZRANGEBYLEX', names, low, high, 'LIMIT', 0, 1))
end

-- A new event type may be one too many: then the one goes that was recorded last the longest ago.
low, high = from(event_type)
if redis.call('ZLEXCOUNT', names, low, high) == 1 then
    local types, oldest, last, cursor = 0, nil, nil, '-'
    while true do
        local first = redis.call('ZRANGEBYLEX', names, cursor, '+', 'LIMIT', 0, 1)[1]
        if not first then break end
        local type = string.match(first, '^(%Z*)')
        local its = newest(type)
        types = types + 1
        if not last or its < last then oldest, last = type, its end
        cursor = '(' .. type .. '\1'
    end
    if types > most_types then forget(redis.call('ZRANGEBYLEX', names, from(oldest))) end
end

-- Count it.
local last_day = tonumber(redis.call('HGET', records, 'day') or day)
if last_day ~= day then
    for _, counted in ipairs(redis.call('HKEYS', days)) do
        if math.abs(tonumber(string.match(counted, '^%d+')) - day) >= retention then
            redis.call('HDEL', days, counted)
        end
    end
end
redis.call('HSET', records, 'day', day)
if outcome ~= '' then redis.call('HINCRBY', days, day .. ' ' .. outcome, 1) end
for _, key in ipairs(KEYS) do
    if key ~= claim then redis.call('EXPIRE', key, ttl) end
end

local fields = {}
for one = day - window + 1, day do
    for _, each in ipairs({'success', 'error', 'timeout', 'fatal'}) do
        table.insert(fields, string.format('%d %s', one, each))
    end
end
return redis.call('HMGET', days, unpack(fields))
"""
)

RECENT = Script(
    r"""
local records, names = unpack(KEYS)
local scope, event_type, errors_only = ARGV[1], ARGV[2], ARGV[3] == '1'
local limit, most = tonumber(ARGV[4]), tonumber(ARGV[5])

-- Of each event type no more is read than can be wanted: there may be twenty thousand, and the server does nothing else
-- meanwhile. Numbers are sorted, and not names.
local numbers, named, types = {}, {}, {}

local function read(type)
    for _, kind in ipairs(errors_only and {'e'} or {'e', 'o'}) do
        local beginning = type .. '\0' .. kind
        local found = redis.call('ZREVRANGEBYLEX', names, '(' .. beginning .. '\1', '[' .. beginning .. '\0',
            'LIMIT', 0, math.min(limit, most))
        for _, name in ipairs(found) do
            local number = tonumber(string.sub(name, -16))
            table.insert(numbers, number)
            named[number], types[number] = name, type
        end
    end
end

if scope == 'type' then
    read(event_type)
else
    local cursor = '-'
    while true do
        local first = redis.call('ZRANGEBYLEX', names, cursor, '+', 'LIMIT', 0, 1)[1]
        if not first then break end
        local type = string.match(first, '^(%Z*)')
        read(type)
        cursor = '(' .. type .. '\1'
    end
end
table.sort(numbers)

local wanted, seen = {}, {}
for at = #numbers, 1, -1 do
    if #wanted == limit then break end
    local number = numbers[at]
    local type = types[number]
    seen[type] = (seen[type] or 0) + 1
    if seen[type] <= most then table.insert(wanted, named[number]) end
end

local texts = {}
for first = 1, #wanted, 1000 do
    local some = redis.call('HMGET', records, unpack(wanted, first, math.min(first + 999, #wanted)))
    for _, text in ipairs(some) do
        if text then table.insert(texts, text) end
    end
end
return texts
"""
)

CLAIM = Script(
    r"""
local claim = KEYS[5]
local at, latest, until_, claim_ttl, ttl = unpack(ARGV)
local held = tonumber(redis.call('GET', claim) or at)
if held > tonumber(at) and held <= tonumber(latest) then return 0 end
redis.call('SET', claim, until_, 'EX', claim_ttl)
for _, key in ipairs(KEYS) do
    if key ~= claim then redis.call('EXPIRE', key, ttl) end
end
return 1
"""
)

REPLACE = Script(
    r"""
local expects, old, new, ttl = unpack(ARGV)
if redis.call('GET', KEYS[1]) ~= (expects == '1' and old) then return 0 end
redis.call('SET', KEYS[1], new, 'PX', ttl)
return 1
"""
)
"""What `GET` has nothing for is `false`, which is also what `expects == '1' and old` is where nothing is expected."""
