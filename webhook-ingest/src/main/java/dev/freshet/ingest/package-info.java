/** The webhook service: takes signed deliveries, makes them durable in the queue, answers. */
@NullMarked
package dev.freshet.ingest;

import org.jspecify.annotations.NullMarked;
