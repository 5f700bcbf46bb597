/** The environment, read once at start into typed values. */
@NullMarked
package dev.freshet.settings;

import org.jspecify.annotations.NullMarked;
