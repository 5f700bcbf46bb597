/** {@code freshet dev} and {@code freshet demo}: everything in one process, on embedded services. */
@NullMarked
package dev.freshet.worker.dev;

import org.jspecify.annotations.NullMarked;
