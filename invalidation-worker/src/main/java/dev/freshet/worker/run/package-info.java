/** The worker: claims jobs, applies them, makes caches and pages fresh. */
@NullMarked
package dev.freshet.worker.run;

import org.jspecify.annotations.NullMarked;
