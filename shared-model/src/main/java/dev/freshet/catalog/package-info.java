/** What an application declares in one YAML file: its views, its events, its front ends. Read and checked whole. */
@NullMarked
package dev.freshet.catalog;

import org.jspecify.annotations.NullMarked;
