package dev.freshet.benchmarks.tools;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.RedisServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.regex.Pattern;

/** What a Redis says of itself. */
public final class RedisView {
    private static final Pattern IN_A_SCRIPT = Pattern.compile("^\\+[0-9.]+ \\[\\d+ lua\\].*");

    private RedisView() {}

    /** Bytes of all that it holds. */
    public static long memory(RedisServer server) {
        var info = server.await(server.session().commands().info("memory"));
        return info.lines()
                .filter(line -> line.startsWith("used_memory:"))
                .mapToLong(line ->
                        Long.parseLong(line.substring(line.indexOf(':') + 1).strip()))
                .findFirst()
                .orElseThrow();
    }

    /** What its process has taken of the processors. */
    public static Duration cpu(RedisServer server) {
        var info = server.await(server.session().commands().info("cpu"));
        double seconds = info.lines()
                .filter(line -> line.matches("used_cpu_(sys|user):.*"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(':') + 1)))
                .sum();
        return Duration.ofNanos((long) (seconds * 1e9));
    }

    /**
     * What it was asked to do in a while.
     *
     * @param sent commands of clients
     * @param all those within scripts too
     */
    public record Commands(long sent, long all) {}

    /** Listens to it; what other connections send in that time counts. */
    public static Commands commands(int port, Duration time) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                var lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
            socket.getOutputStream().write("MONITOR\r\n".getBytes(UTF_8));
            lines.readLine();
            long end = System.nanoTime() + time.toNanos();
            long sent = 0;
            long all = 0;
            for (long left = time.toMillis(); left > 0; left = (end - System.nanoTime()) / 1_000_000) {
                socket.setSoTimeout((int) left);
                try {
                    var line = lines.readLine();
                    all++;
                    sent += line == null || IN_A_SCRIPT.matcher(line).matches() ? 0 : 1;
                } catch (SocketTimeoutException e) {
                    break;
                }
            }
            return new Commands(sent, all);
        }
    }
}
