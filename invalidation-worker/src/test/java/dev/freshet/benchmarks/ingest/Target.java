package dev.freshet.benchmarks.ingest;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.benchmarks.tools.Child;
import dev.freshet.benchmarks.tools.Mode;
import dev.freshet.testing.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A web server in a JVM of its own, with the options that the image starts with, and what it has cost so far. */
final class Target implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofMillis(2);
    private static final Pattern PAUSE_LINE = Pattern.compile("Pause .*?(\\d+)([KM])->(\\d+)([KM])\\(\\d+[KM]\\)");

    /** For whoever wants to see what another option does, to both sides. */
    private static final List<String> MORE = Stream.of(
                    System.getProperty("freshet.options", "").split(" "))
            .filter(option -> !option.isEmpty())
            .toList();

    /** Jars that this run has made. */
    private static final Set<Path> PACKED = new HashSet<>();

    private final Child child;
    private final int port;
    private final Path collections;

    private Target(Child child, int port, Path collections) {
        this.child = child;
        this.port = port;
        this.collections = collections;
    }

    static Target freshet(String name, List<String> more, Map<String, String> addresses) throws IOException {
        int port = RedisProcess.freePort();
        var environment = new HashMap<>(addresses);
        environment.putAll(Map.of(
                "INGEST_HOST", "127.0.0.1",
                "INGEST_PORT", String.valueOf(port),
                "REDIS_KEY_PREFIX", "bench",
                "THINKIFIC_SECRETS", Deliveries.SECRET,
                "RATE_LIMIT_WEBHOOK_REQUESTS", "0"));
        var child = Child.shipped(name, "webhook-ingest", options(name, more), environment, "dev.freshet.ingest.Main");
        return new Target(child, port, collections(name));
    }

    /** @param redis the port of the Redis where it pushes what it has verified; none if it only answers */
    static Target bareJavalin(String name, Integer... redis) throws IOException {
        int port = RedisProcess.freePort();
        var child = Child.own(name, options(name, List.of()), Map.of(), bareJavalin(port, redis));
        return new Target(child, port, collections(name));
    }

    /** The same from jars alone, those of the webhook service, so that it can have an archive of its classes too. */
    static Target packedJavalin(String name, List<String> more, Integer... redis) throws IOException {
        int port = RedisProcess.freePort();
        var path = packed(BareJavalin.class) + ":" + Child.shippedPath("webhook-ingest");
        var child = Child.start(name, path, options(name, more), Map.of(), bareJavalin(port, redis));
        return new Target(child, port, collections(name));
    }

    private static String[] bareJavalin(int port, Integer... redis) {
        return Stream.concat(
                        Stream.of(BareJavalin.class.getName(), String.valueOf(port)),
                        Stream.of(redis).map(String::valueOf))
                .toArray(String[]::new);
    }

    /** A jar of one class; the same file in all of a run, since an archive of classes holds for this very file. */
    private static synchronized Path packed(Class<?> type) throws IOException {
        var jar = Files.createDirectories(Mode.folder()).resolve(type.getSimpleName() + ".jar");
        var file = type.getName().replace('.', '/') + ".class";
        if (PACKED.add(jar)) {
            try (var out = new JarOutputStream(Files.newOutputStream(jar));
                    var in = Objects.requireNonNull(type.getClassLoader().getResourceAsStream(file), file)) {
                out.putNextEntry(new JarEntry(file));
                in.transferTo(out);
            }
        }
        return jar;
    }

    int port() {
        return port;
    }

    /** Sends one request until it is answered with 200. */
    void awaitAccepted(byte[] request) throws IOException, InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!accepts(request)) {
            if (System.nanoTime() - end > 0 || !child.isAlive()) {
                throw new BrokenOffException("nothing was accepted; " + child.tail());
            }
            Thread.sleep(PAUSE);
        }
    }

    private boolean accepts(byte[] request) {
        try (var load = new Load(port, 1)) {
            return load.send(new byte[][] {request}).accepted() == 1;
        } catch (IOException e) {
            return false;
        }
    }

    Duration cpu() {
        return ProcessHandle.of(child.pid())
                .flatMap(process -> process.info().totalCpuDuration())
                .orElse(Duration.ZERO);
    }

    long residentKib() {
        return child.residentKib();
    }

    /** Bytes allocated up to the last collection, as the log of collections shows it: what was there grew by that. */
    long allocated() throws IOException {
        long sum = 0;
        long left = 0;
        for (var line : Files.readAllLines(collections)) {
            var pause = PAUSE_LINE.matcher(line);
            if (pause.find()) {
                sum += bytes(pause.group(1), pause.group(2)) - left;
                left = bytes(pause.group(3), pause.group(4));
            }
        }
        return sum;
    }

    @Override
    public void close() throws IOException {
        child.close();
    }

    private static long bytes(String number, String unit) {
        return Long.parseLong(number) << (unit.equals("M") ? 20 : 10);
    }

    private static List<String> options(String name, List<String> more) throws IOException {
        Files.deleteIfExists(collections(name));
        var options = new ArrayList<>(List.of(
                "-Xmx512m",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xlog:gc:file=" + collections(name) + ":uptime:filecount=0"));
        options.addAll(more);
        options.addAll(MORE);
        return options;
    }

    private static Path collections(String name) {
        return Mode.folder().resolve(name + ".gc.log");
    }
}
