/** Single steps of the hot paths, each by itself. */
@NullMarked
package dev.freshet.benchmarks.micro;

import org.jspecify.annotations.NullMarked;
