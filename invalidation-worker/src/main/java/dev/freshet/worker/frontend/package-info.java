/** What front-end instances are owed, and who tells them: each change until it is confirmed, twice. */
@NullMarked
package dev.freshet.worker.frontend;

import org.jspecify.annotations.NullMarked;
