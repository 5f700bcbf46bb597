/** The worker process, the cached reads over HTTP and the command line. */
@NullMarked
package dev.freshet.worker;

import org.jspecify.annotations.NullMarked;
