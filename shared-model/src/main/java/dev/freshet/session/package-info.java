/** Sessions of users: rows in PostgreSQL, with the cache in front of them. */
@NullMarked
package dev.freshet.session;

import org.jspecify.annotations.NullMarked;
