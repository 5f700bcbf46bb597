import { CacheHandler } from '@fortedigital/nextjs-cache-handler'
import createRedisHandler from '@fortedigital/nextjs-cache-handler/redis-strings'
import { createClient } from 'redis'

CacheHandler.onCreation(async () => {
  const client = createClient({ url: process.env.NEXT_CACHE_REDIS_URL })
  client.on('error', (error) => console.error(`shared cache: ${error.message}`))
  await client.connect()
  return { handlers: [createRedisHandler({ client, keyPrefix: 'nextjs:', timeoutMs: 2_000 })] }
})

export default CacheHandler
