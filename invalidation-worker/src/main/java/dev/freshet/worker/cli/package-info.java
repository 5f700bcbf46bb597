/** The {@code freshet} command: one file per noun. */
@NullMarked
package dev.freshet.worker.cli;

import org.jspecify.annotations.NullMarked;
