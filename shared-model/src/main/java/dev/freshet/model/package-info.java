/** What the processes speak about: jobs, events and tags. Plain values, no input or output. */
@NullMarked
package dev.freshet.model;

import org.jspecify.annotations.NullMarked;
