/** The application's database and Freshet's own schema in it. */
@NullMarked
package dev.freshet.db;

import org.jspecify.annotations.NullMarked;
