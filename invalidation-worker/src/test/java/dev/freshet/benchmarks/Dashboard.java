package dev.freshet.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URI;
import java.util.Map;

/** What answers readers and takes changes in. */
interface Dashboard {
    /** Where it takes a request that is meant for Freshet. */
    URI at(URI freshet);

    /** Whether a value is there that lacks a text, without reading it as a reader does. */
    boolean isOld(School.Read read, String text);

    /** @return values loaded so far, by view */
    Map<String, Long> loads() throws Exception;

    /** All of Freshet. */
    record Ours(School school) implements Dashboard {
        @Override
        public URI at(URI freshet) {
            return freshet;
        }

        @Override
        public boolean isOld(School.Read read, String text) {
            var view = read.view();
            return school.cache
                    .read(read.key(), view.tags(read.values()))
                    .filter(entry -> !new String(entry.content(), UTF_8).contains(text))
                    .isPresent();
        }

        @Override
        public Map<String, Long> loads() throws IOException, InterruptedException {
            return school.metric("freshet_cache_loads_total", "view");
        }
    }
}
