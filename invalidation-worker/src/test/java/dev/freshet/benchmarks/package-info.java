/** What {@code benchmarks/run} runs: ours and a reference by turns, on services of its own. */
@NullMarked
package dev.freshet.benchmarks;

import org.jspecify.annotations.NullMarked;
