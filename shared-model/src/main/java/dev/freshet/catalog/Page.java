package dev.freshet.catalog;

import java.util.Optional;

/**
 * A page that an event changes.
 *
 * @param path as browsers ask for it, such as {@code /dashboard/3}
 * @param version how new the page is at least once it is fresh; empty when the event does not say
 */
public record Page(String path, Optional<String> version) {}
