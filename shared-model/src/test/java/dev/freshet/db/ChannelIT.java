package dev.freshet.db;

import static java.lang.Thread.State.TIMED_WAITING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ChannelIT {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(1);

    private final URI url = TestServices.shared().newDatabase();

    @Test
    void whatIsNotifiedSinceItWasOpenedIsHeardOnceAndOnlyThere() throws SQLException {
        try (var database = new Database(url, DatabaseOptions.DEFAULTS);
                var channel = channel(url);
                var other = new Channel(url, "URL", "Other channel")) {
            assertThat(channel.isOpen()).isFalse();
            channel.open();
            other.open();
            assertThat(channel.await(SHORT)).isFalse();
            notify(database, "heard");
            notify(database, "heard");
            assertThat(channel.await(LONG)).isTrue();
            notify(database, "Other channel");
            assertThat(other.await(LONG)).isTrue();
            assertThat(other.await(SHORT)).isFalse();
        }
    }

    @Test
    void aServerThatIsAwayOrRefusesIsOne() {
        var nobody = channel(URI.create("postgresql://me:secret@127.0.0.1:1/app"));
        assertThatThrownBy(nobody::open)
                .isInstanceOf(SQLException.class)
                .satisfies(e -> assertThat(Database.classify(e)).isEqualTo(Failure.OUTAGE));
        assertThatThrownBy(() -> nobody.await(SHORT)).hasMessage("not connected");
        assertThat(nobody.isOpen()).isFalse();
        assertThat(nobody.address()).isEqualTo("127.0.0.1:1");
    }

    @Test
    void aConnectionThatIsSilentIsBroken() throws SQLException {
        try (var proxy = CuttingProxy.before(url);
                var channel = channel(proxy.url())) {
            channel.open();
            proxy.freeze();
            assertThatThrownBy(() -> channel.await(SHORT)).hasMessageContaining("no answer");
            assertThat(channel.isOpen()).isFalse();
        }
    }

    @Test
    void whoWaitsForLongIsWokenWhenItIsClosed() throws Exception {
        try (var channel = channel(url);
                var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            channel.open();
            var waiter = new CompletableFuture<Thread>();
            var waiting = executor.submit(() -> {
                waiter.complete(Thread.currentThread());
                return channel.await(Duration.ofHours(1));
            });
            var thread = waiter.get(30, TimeUnit.SECONDS);
            await().atMost(LONG).until(thread::getState, TIMED_WAITING::equals);
            channel.close();
            assertThatThrownBy(() -> waiting.get(30, TimeUnit.SECONDS))
                    .isInstanceOf(ExecutionException.class)
                    .cause()
                    .isInstanceOf(SQLException.class)
                    .hasMessageNotContaining("not connected");
            channel.open();
            assertThat(channel.isOpen()).as("closed for good").isFalse();
        }
    }

    private static Channel channel(URI url) {
        return new Channel(url, "URL", "heard");
    }

    private static void notify(Database database, String channel) throws SQLException {
        try (var connection = database.connection();
                var statement = connection.createStatement()) {
            statement.execute("select pg_notify('" + channel + "', '')");
        }
    }
}
