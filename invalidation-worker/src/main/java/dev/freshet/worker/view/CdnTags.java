package dev.freshet.worker.view;

import dev.freshet.model.Tag;
import dev.freshet.worker.frontend.TagEncoding;
import java.util.Collection;
import java.util.Optional;

/**
 * An answer's tags as shared caches take them: {@code Cache-Tag} separates them by commas, {@code Surrogate-Key} by
 * blanks. It is worse to let a cache keep what can be purged by half of its tags only than to have it keep nothing, so
 * that all tags are named or none.
 *
 * @param text the tags, without commas and blanks in them, separated by blanks
 */
record CdnTags(String text) {
    /** Of one header: both together leave room in the 4 KiB that some proxies take of all headers. */
    static final int MAX_LENGTH = 1_500;

    /** @return empty when there is no tag, or they are too long to be sent */
    static Optional<CdnTags> of(Collection<Tag> tags) {
        var text = new StringBuilder();
        for (var tag : tags) {
            text.append(text.isEmpty() ? "" : " ").append(encode(tag));
            if (text.length() > MAX_LENGTH) {
                return Optional.empty();
            }
        }
        return text.isEmpty() ? Optional.empty() : Optional.of(new CdnTags(text.toString()));
    }

    String cacheTag() {
        return text.replace(' ', ',');
    }

    String surrogateKey() {
        return text;
    }

    /** As front ends are told of it, and its blanks as {@code %20}. */
    private static String encode(Tag tag) {
        return TagEncoding.encode(tag.name()).replace(" ", "%20");
    }
}
