import { tagClocks } from 'freshet-nextjs/shared-cache'
import { createClient } from 'redis'

/** What the route waits for where all instances share a cache; nothing where each has its own. */
export function sharedClocks() {
  const url = process.env.NEXT_CACHE_REDIS_URL
  if (!url) return undefined
  const client = createClient({ url })
  client.on('error', (error) => console.error(`shared cache: ${error.message}`))
  const connected = client.connect()
  const store = tagClocks(client, { keyPrefix: 'nextjs:' })
  return async (call) => {
    await connected
    await store(call)
  }
}
