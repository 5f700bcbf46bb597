package dev.freshet.benchmarks.queue;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Comparison;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.benchmarks.tools.RedisView;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.LongStream;

/**
 * Redis bytes of a queued job with all that is kept for it, under the settings of docker-compose.yml, against a list of
 * the same bodies under Redis' own.
 */
@SuppressWarnings("SystemOut") // it talks to a person
public final class MemoryBenchmark {
    private static final int JOBS = Integer.getInteger("freshet.jobs", 200_000);
    private static final Pattern COMMAND = Pattern.compile("redis-server (--.*)");
    private static final Pattern SETTING = Pattern.compile("--([a-z-]+) +([^ \\n]+)");

    private MemoryBenchmark() {}

    public static boolean run() throws Exception {
        var comparison = Comparison.ofCosts("memory", "bytes/job");
        double plain = plain();
        double ours = ours(shipped());
        double uncompressed = ours(List.of());
        System.out.printf(
                Locale.ROOT,
                "  ours %.0f bytes a job, %.0f under Redis' own settings; a list of the bodies %.0f%n",
                ours,
                uncompressed,
                plain);
        comparison.add(ours, plain);
        return comparison
                .with("body", Integer.toString(Bodies.body(JOBS).length))
                .with("uncompressed", "%.0f".formatted(uncompressed))
                .print("at most 0.6", comparison.ratio() <= 0.6, 0);
    }

    private static double ours(List<String> settings) {
        try (var redis = EmbeddedRedis.start(0, settings.toArray(String[]::new));
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(30));
                var backlog = new Backlog(server, 1)) {
            backlog.fill(500); // what is there for the first job only
            long before = RedisView.memory(server);
            backlog.fill(JOBS);
            return (double) (RedisView.memory(server) - before) / JOBS;
        }
    }

    private static double plain() {
        try (var redis = EmbeddedRedis.start(0);
                var server = new RedisServer("queue", redis.url(), Duration.ofSeconds(30))) {
            long before = RedisView.memory(server);
            for (long from = 0; from < JOBS; from += 500) {
                var bodies = LongStream.range(from, Math.min(JOBS, from + 500))
                        .mapToObj(Bodies::body)
                        .toArray(byte[][]::new);
                server.await(server.session().commands().lpush("plain", bodies));
            }
            return (double) (RedisView.memory(server) - before) / JOBS;
        }
    }

    /** What the queue's Redis is started with, as lines of redis.conf. */
    static List<String> shipped() throws IOException {
        var compose = Files.readString(Mode.home().resolve("docker-compose.yml"));
        var command = COMMAND.matcher(compose.replaceAll("\\s*\\n\\s+--", " --"));
        if (!command.find()) {
            throw new BrokenOffException("docker-compose.yml starts no redis-server");
        }
        var lines = new ArrayList<String>();
        var settings = SETTING.matcher(command.group(1));
        while (settings.find()) {
            lines.add(settings.group(1) + " " + settings.group(2));
        }
        return lines;
    }
}
