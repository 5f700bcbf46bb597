import type { Call } from './route.js'

/** The client of your cache handler: node-redis, ioredis, or anything that sends one command. */
export type RedisClient =
  { sendCommand(args: string[]): Promise<unknown> } | { call(command: string, ...args: string[]): Promise<unknown> }

/**
 * For a site whose instances share a cache handler such as `@fortedigital/nextjs-cache-handler`: marks what is old in its
 * Redis before the call is confirmed, which Next.js itself does later and without saying when it fails.
 *
 * ```js
 * export const { GET, POST } = revalidateRoute({ stored: tagClocks(client, { keyPrefix: 'nextjs:' }) })
 * ```
 *
 * @param options.keyPrefix as the cache handler has it; `''` where it was given none
 * @param options.ahead how many ms the mark lies ahead, for instances whose clocks differ; 1,000 unless given
 */
export function tagClocks(
  client: RedisClient,
  options: { keyPrefix: string; ahead?: number },
): (call: Call) => Promise<void>
