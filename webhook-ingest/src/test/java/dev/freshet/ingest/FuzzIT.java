package dev.freshet.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The short form of {@code benchmarks/run fuzz}, with the same requests in each build. */
class FuzzIT {
    private static final int CONNECTIONS = 10_000;

    @Test
    void whateverIsSentIsAnsweredAndNothingUnsignedGetsIn() throws Exception {
        long seed = Long.getLong("freshet.fuzz.seed", 5);
        var result = Fuzz.run(CONNECTIONS, seed, sent -> {});
        assertThat(result.findings()).as("seed %d", seed).isEmpty();
        assertThat(result.figures().get("sites")).hasToString("[app, code, crm, legacy, main, payments, plain, shop]");
        assertThat(result.figures().get("requests")).asString().matches("1\\d{4}");
    }
}
