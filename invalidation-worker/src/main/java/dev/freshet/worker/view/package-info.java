/** The catalog's views: loaded from the database, cached, kept warm, read over HTTP. */
@NullMarked
package dev.freshet.worker.view;

import org.jspecify.annotations.NullMarked;
