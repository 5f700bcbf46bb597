/** Real Redis and PostgreSQL for tests, {@code freshet dev} and {@code freshet demo}. */
@NullMarked
package dev.freshet.testing;

import org.jspecify.annotations.NullMarked;
