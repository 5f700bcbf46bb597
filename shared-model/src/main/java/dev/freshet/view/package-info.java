/** What a view that is not SQL is made of. For authors of such views: it needs nothing else of Freshet. */
@NullMarked
package dev.freshet.view;

import org.jspecify.annotations.NullMarked;
