/** Manifests of SCORM packages as values of a view. The packages come from anybody, so nothing in them is believed. */
@NullMarked
package dev.freshet.scorm;

import org.jspecify.annotations.NullMarked;
