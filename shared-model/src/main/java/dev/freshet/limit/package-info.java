/** How much one caller may ask. */
@NullMarked
package dev.freshet.limit;

import org.jspecify.annotations.NullMarked;
