/**
 * Caching on Jdbi SQL Object methods: {@link dev.freshet.cache.jdbi.Cached} on what reads,
 * {@link dev.freshet.cache.jdbi.Invalidates} on what writes, {@link dev.freshet.cache.jdbi.CachePlugin} to say with which
 * cache. Needs {@code jdbi3-sqlobject}.
 */
@NullMarked
package dev.freshet.cache.jdbi;

import org.jspecify.annotations.NullMarked;
