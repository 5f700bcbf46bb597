import { fileURLToPath } from 'node:url'

// One build serves both: instances that share a cache in Redis, and instances that each have their own.
const sharedCache = {
  cacheHandler: fileURLToPath(new URL('./cache-handler.mjs', import.meta.url)),
  cacheMaxMemorySize: 0,
}

export default {
  poweredByHeader: false,
  ...(process.env.NEXT_CACHE_REDIS_URL ? sharedCache : {}),
}
