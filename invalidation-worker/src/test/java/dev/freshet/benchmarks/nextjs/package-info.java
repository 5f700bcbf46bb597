/** A real Next.js application behind Freshet, on loopback, driven through what goes wrong in production. */
@NullMarked
package dev.freshet.benchmarks.nextjs;

import org.jspecify.annotations.NullMarked;
