package dev.freshet.worker.frontend;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.redis.RedisServer;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TagClocksIT {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final URI url = TestServices.shared().redisUrl();
    private final String prefix = TestServices.shared().newPrefix() + ":";
    private final String key = prefix + "__revalidated_tags__";
    private final RedisServer server = new RedisServer("site", url, Duration.ofSeconds(5));
    private final TagClocks clocks = new TagClocks(url, prefix, TIMEOUT);

    @AfterEach
    void close() {
        clocks.close();
        server.close();
    }

    @Test
    void whatTheHandlerStoredBeforeIsOldAndWhatItStoresLaterIsNot() throws Exception {
        long before = redisMillis();
        confirm(clocks, due("t:cohort:3"), due("p:/course/1"));
        long after = redisMillis();
        assertThat(marks()).containsOnlyKeys("cohort:3", "_N_T_/course/1", "_N_T_/course/1/");
        assertThat(marks().values())
                .as("the handler drops an entry whose lastModified is less; entries of now are, those of soon are not")
                .allSatisfy(mark -> assertThat(mark).isBetween(before + 1_000, after + 1_000));
    }

    @Test
    void everythingIsTheMarkThatAllPagesHave() throws Exception {
        confirm(clocks, due("e:"));
        assertThat(marks()).containsOnlyKeys("_N_T_/layout");
    }

    @Test
    void aMarkOnlyMovesForward() throws Exception {
        long ahead = redisMillis() + Duration.ofHours(1).toMillis(); // by an instance whose clock is wrong, say
        server.await(commands().hset(key, "a", utf8(Long.toString(ahead))));
        server.await(commands().hset(key, "b", utf8("1")));
        server.await(commands().hset(key, "c", utf8("no time")));
        confirm(clocks, due("t:a"), due("t:b"), due("t:c"));
        assertThat(marks()).containsEntry("a", ahead);
        assertThat(marks().get("b")).isBetween(ahead / 2, ahead);
        assertThat(marks().get("c")).isBetween(ahead / 2, ahead);
    }

    @Test
    void aCallMayCarryMoreThanOneScript() throws Exception {
        var many = IntStream.range(0, 2_500).mapToObj(i -> due("t:tag" + i)).toArray(Turn.Due[]::new);
        confirm(clocks, many);
        assertThat(marks()).hasSize(2_500);
    }

    @Test
    void aRedisThatIsFrozenOrAwayConfirmsNothingAndIsToldWhenItIsBack() throws Exception {
        try (var proxy = CuttingProxy.before(url);
                var through = new TagClocks(proxy.url(), prefix, TIMEOUT)) {
            confirm(through, due("t:a"));
            proxy.hold();
            assertThat(tell(through, due("t:b"))).isInstanceOf(Answer.Failed.class);
            proxy.release();
            confirm(through, due("t:b"));
            assertThat(marks()).containsOnlyKeys("a", "b");
        }
        try (var nobody = new TagClocks(URI.create("redis://127.0.0.1:9"), prefix, TIMEOUT)) {
            assertThat(tell(nobody, due("t:c"))).isInstanceOf(Answer.Failed.class);
        }
    }

    @Test
    void aRedisThatRefusesIsForAPersonToMend() throws Exception {
        server.await(commands().set(key, utf8("no hash")));
        assertThat(tell(clocks, due("t:a")))
                .isInstanceOfSatisfying(
                        Answer.Misconfigured.class,
                        answer -> assertThat(answer.error()).contains("WRONGTYPE"));
    }

    /** A machine that is busy may need more than one try. */
    private void confirm(TagClocks to, Turn.Due... due) {
        await().until(() -> tell(to, due) instanceof Answer.Confirmed);
    }

    private Answer tell(TagClocks to, Turn.Due... due) throws InterruptedException {
        return to.tell(new Instance("site", url, List.of()), List.of(due));
    }

    private static Turn.Due due(String member) {
        return new Turn.Due(member, "1 0 ");
    }

    private Map<String, Long> marks() {
        var marks = new TreeMap<String, Long>();
        server.await(commands().hgetall(key))
                .forEach((tag, at) -> marks.put(tag, Long.parseLong(new String(at, UTF_8))));
        return marks;
    }

    private long redisMillis() {
        var time = server.await(commands().time());
        return Long.parseLong(new String(time.get(0), UTF_8)) * 1_000
                + Long.parseLong(new String(time.get(1), UTF_8)) / 1_000;
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    private RedisAsyncCommands<String, byte[]> commands() {
        return server.session().commands();
    }
}
