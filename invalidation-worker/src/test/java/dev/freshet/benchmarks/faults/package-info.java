/** {@code benchmarks/run faults}: real processes under a steady load, broken in every way there is a name for. */
@NullMarked
package dev.freshet.benchmarks.faults;

import org.jspecify.annotations.NullMarked;
