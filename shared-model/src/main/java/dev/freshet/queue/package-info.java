/** The job queue in Redis: accept, claim, settle, retry, bury, replay. Nothing disappears, and nothing is in two places. */
@NullMarked
package dev.freshet.queue;

import org.jspecify.annotations.NullMarked;
