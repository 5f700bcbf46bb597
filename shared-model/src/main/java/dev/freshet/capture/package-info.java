/**
 * Changes that the database itself writes down, whoever makes them: triggers derived from the catalog, and the outbox that
 * they write to.
 */
@NullMarked
package dev.freshet.capture;

import org.jspecify.annotations.NullMarked;
