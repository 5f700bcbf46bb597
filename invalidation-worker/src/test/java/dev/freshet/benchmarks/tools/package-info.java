/** What benchmarks share: their settings, their services and processes, and how their figures are told and compared. */
@NullMarked
package dev.freshet.benchmarks.tools;

import org.jspecify.annotations.NullMarked;
