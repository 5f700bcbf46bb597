import { CacheHandler } from '@neshca/cache-handler'
import createRedisHandler from '@neshca/cache-handler/redis-strings'
import { createClient } from 'redis'

CacheHandler.onCreation(async () => {
  const client = createClient({ url: process.env.NEXT_CACHE_REDIS_URL })
  client.on('error', (error) => console.error(`shared cache: ${error.message}`))
  await client.connect()
  return { handlers: [await createRedisHandler({ client, keyPrefix: 'nextjs:', timeoutMs: 2_000 })] }
})

export default CacheHandler
