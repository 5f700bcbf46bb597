/** Benchmarks of what stands between an accepted delivery and the end of its claim. */
@NullMarked
package dev.freshet.benchmarks.queue;

import org.jspecify.annotations.NullMarked;
