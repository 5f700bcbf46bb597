import { isPattern, spellings } from './lib/paths.js'

const REVALIDATED = '__revalidated_tags__'
const ALL_PAGES = '_N_T_/layout'
const AT_ONCE = 1_000

/** All instances compare with one clock, that of their Redis; a mark never moves back, whoever made it. */
const MARK = `
local time = redis.call('TIME')
local at = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for i = 2, #ARGV do
  local held = tonumber(redis.call('HGET', KEYS[1], ARGV[i]) or 0)
  if not held or held < at then redis.call('HSET', KEYS[1], ARGV[i], string.format('%.0f', at)) end
end
return #ARGV - 1`

/** @type {typeof import('./shared-cache.d.ts').tagClocks} */
export function tagClocks(client, { keyPrefix, ahead = 1_000 } = {}) {
  // no default: marks under another prefix than the handler's would be written, confirmed and read by nobody
  if (typeof keyPrefix !== 'string') throw new TypeError("needs the cache handler's keyPrefix; '' if it has none")
  const send = (args) => (typeof client.call === 'function' ? client.call(...args) : client.sendCommand(args))

  return async function stored({ tags, paths, everything }) {
    const marks = [...tags, ...paths.flatMap(pageTags), ...(everything ? [ALL_PAGES] : [])]
    for (let i = 0; i < marks.length; i += AT_ONCE) {
      await send(['EVAL', MARK, '1', keyPrefix + REVALIDATED, String(ahead), ...marks.slice(i, i + AT_ONCE)])
    }
  }
}

/** The tags that Next.js gives a page for its path. */
const pageTags = (path) =>
  isPattern(path)
    ? [`_N_T_${path}/page`]
    : spellings(path).flatMap((way) => (way === '/' ? ['_N_T_/', '_N_T_/index'] : [`_N_T_${way}`]))
