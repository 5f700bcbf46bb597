import { fileURLToPath } from 'node:url'

// The same build serves instances that each have a cache of their own, and instances that share one in Redis.
const sharedCache = {
  cacheHandler: fileURLToPath(new URL('./cache-handler.mjs', import.meta.url)),
  cacheMaxMemorySize: 0,
}

// Another build, of 16 only: what ends with .components.js is a page there, and nothing elsewhere.
const cacheComponents = {
  cacheComponents: true,
  distDir: '.next-components',
  pageExtensions: ['js', 'components.js'],
}

export default {
  poweredByHeader: false,
  ...(process.env.NEXT_CACHE_REDIS_URL ? sharedCache : {}),
  ...(process.env.CACHE_COMPONENTS ? cacheComponents : {}),
}
