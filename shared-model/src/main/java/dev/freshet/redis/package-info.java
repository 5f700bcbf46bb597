/** Connections to Redis and the scripts that run there. */
@NullMarked
package dev.freshet.redis;

import org.jspecify.annotations.NullMarked;
