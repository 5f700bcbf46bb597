/** Values cached under tags: after an invalidation is acknowledged, nobody reads what was loaded before it. */
@NullMarked
package dev.freshet.cache;

import org.jspecify.annotations.NullMarked;
