package dev.freshet.worker.view;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.freshet.model.Tag;
import dev.freshet.testing.CuttingProxy;
import dev.freshet.testing.TestServices;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HangingRedisIT {
    private final CuttingProxy proxy = CuttingProxy.before(TestServices.shared().cacheUrl());
    private final Library library = new Library(proxy.url());

    @AfterEach
    void close() throws IOException {
        library.close();
        proxy.close();
    }

    @Test
    void whileRedisHangsReadsGoPastItAndAfterwardsNothingOldIsServed() {
        var desk = library.open("REDIS_TIMEOUT", "3s");
        await().until(() -> desk.get("/views/books?shelf=3").cache().equals("HIT"));

        proxy.hold();
        library.execute("update books set title = 'Persuasion'");
        library.cache.invalidate(List.of(new Tag("shelf:3"))); // by a worker that reaches it
        for (int i = 0; i < 100; i++) {
            var read = desk.get("/views/books?shelf=3");
            assertThat(read.cache()).isEqualTo("BYPASS");
            assertThat(read.text()).contains("Persuasion");
        }
        var health = desk.get("/health/detailed");
        assertThat(health.status()).isEqualTo(200);
        assertThat(health.text()).contains("\"status\":\"degraded\"", "\"redis\":{\"status\":\"away\"}");

        proxy.release();
        await().untilAsserted(() -> {
            var read = desk.get("/views/books?shelf=3");
            assertThat(read.text()).contains("Persuasion");
            assertThat(read.cache()).isEqualTo("HIT");
        });
        assertThat(desk.get("/health").text()).isEqualTo("{\"status\":\"up\"}");
    }
}
