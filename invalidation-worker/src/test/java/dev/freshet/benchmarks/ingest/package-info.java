/** Deliveries over HTTP: how many, how soon, and how soon after a start. */
@NullMarked
package dev.freshet.benchmarks.ingest;

import org.jspecify.annotations.NullMarked;
