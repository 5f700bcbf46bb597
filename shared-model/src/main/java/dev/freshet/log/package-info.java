/** What all processes' log lines have in common. */
@NullMarked
package dev.freshet.log;

import org.jspecify.annotations.NullMarked;
