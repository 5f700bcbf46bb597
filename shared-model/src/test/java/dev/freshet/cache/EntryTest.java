package dev.freshet.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Tag;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryTest {
    private static final Instant NOW = Instant.ofEpochMilli(1_700_000_000_123L);
    private static final Lifetime LIFETIME =
            new Lifetime(Duration.ofMinutes(5), Duration.ofHours(1), Duration.ofMinutes(5));
    private static final String TOKEN = "0123456789abcdefghijkl";

    @Test
    void anEntryIsReadBackAsItWasStored() {
        var stored =
                stored(entry("[{\"name\":\"Zoë\"}]"), List.of(new Tag("cohort:3"), new Tag("user:zoë@example.com")));
        assertThat(Stored.decode(stored.encode()))
                .get()
                .usingRecursiveComparison()
                .isEqualTo(stored);
    }

    @Test
    void anEntryWithoutTagsAndContentIsReadBackToo() {
        var stored = stored(entry(""), List.of());
        assertThat(Stored.decode(stored.encode()))
                .get()
                .usingRecursiveComparison()
                .isEqualTo(stored);
    }

    @Test
    void largeContentIsCompressedAndGivenBackWhole() {
        var content = "freshet ".repeat(500);
        var entry = entry(content);
        assertThat(entry.gzipped()).isTrue();
        assertThat(entry.payload()).hasSizeLessThan(200);
        assertThat(entry.content()).isEqualTo(content.getBytes(UTF_8));
        assertThat(entry("x".repeat(1_023)).gzipped()).isFalse();
    }

    @Test
    void theEtagNamesTheContentAndNothingElse() {
        var later = Entry.of("a".getBytes(UTF_8), NOW.plusSeconds(9), LIFETIME, NOW, "other", 1);
        assertThat(later.etag()).isEqualTo(entry("a").etag()).matches("[0-9a-f]{16}");
        assertThat(entry("b").etag()).isNotEqualTo(later.etag());
    }

    @Test
    void whatIsNotWholeOrOfAnotherVersionIsAMiss() {
        var bytes = stored(entry("content"), List.of(new Tag("t"))).encode();
        assertThat(Stored.decode(Arrays.copyOf(bytes, 90))).isEmpty();
        assertThat(Stored.decode("not ours".getBytes(UTF_8))).isEmpty();
        bytes[Stored.TOKEN_LENGTH + 16]++;
        assertThat(Stored.decode(bytes)).isEmpty();
    }

    @Test
    void aSweepsStampStandsInFrontOfWhatItDoesNotTouch() {
        var stored = stored(entry("content"), List.of(new Tag("t")));
        var bytes = stored.encode();
        var stamp = Stored.stamp(NOW.plusSeconds(3), NOW.plusSeconds(4));
        System.arraycopy(stamp, 0, bytes, Stored.TOKEN_LENGTH, stamp.length);

        var stamped = Stored.decode(bytes).orElseThrow();

        assertThat(stamped.entry().lastRead()).isEqualTo(NOW.plusSeconds(3));
        assertThat(stamped.observedAt()).isEqualTo(NOW.plusSeconds(4));
        assertThat(stamped.entry().content()).isEqualTo(stored.entry().content());
        assertThat(stamped.epochs()).isEqualTo(stored.epochs());
    }

    @Test
    void moreTagsThanTheHeaderHoldsAreRefused() {
        var tags = Collections.nCopies(101, new Tag("t"));
        assertThatThrownBy(() -> stored(entry("x"), tags)).hasMessageContaining("had 101");
    }

    private static Entry entry(String content) {
        return Entry.of(content.getBytes(UTF_8), NOW, LIFETIME, NOW.minusSeconds(7), "{\"view\":\"v\"}", 1_024);
    }

    private static Stored stored(Entry entry, List<Tag> tags) {
        var epochs = tags.stream().map(tag -> "epoch of " + tag).toList();
        return new Stored(
                TOKEN, NOW.plusMillis(40), "a".repeat(40), tags, epochs, LIFETIME.hotFor(), true, true, entry);
    }
}
