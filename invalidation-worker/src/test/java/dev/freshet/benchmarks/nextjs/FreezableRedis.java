package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.tools.BrokenOffException;
import dev.freshet.testing.EmbeddedRedis;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/** A Redis process that can be made to hang: it keeps its connections and answers nothing. */
final class FreezableRedis implements AutoCloseable {
    private static final String PROCESS_ID = "process_id:";

    private final EmbeddedRedis redis = EmbeddedRedis.start(0);
    private final ProcessHandle process;
    private final Thread atExit;

    FreezableRedis() throws IOException {
        process = ProcessHandle.of(processId(redis.port()))
                .orElseThrow(() -> new IllegalStateException("the embedded Redis has ended"));
        atExit = new Thread(process::destroyForcibly); // one that is frozen listens to nothing milder
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    URI url() {
        return redis.url();
    }

    void freeze() throws IOException, InterruptedException {
        signal("-STOP");
    }

    void thaw() throws IOException, InterruptedException {
        signal("-CONT");
    }

    @Override
    public void close() throws IOException, InterruptedException {
        thaw();
        redis.close();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }

    private void signal(String name) throws IOException, InterruptedException {
        if (!process.isAlive()) {
            return;
        }
        var kill = new ProcessBuilder("kill", name, Long.toString(process.pid())).start();
        if (!kill.waitFor(5, TimeUnit.SECONDS) || kill.exitValue() != 0) {
            throw new BrokenOffException("cannot send " + name + " to the embedded Redis");
        }
    }

    private static long processId(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port);
                var answer =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write("INFO server\r\n".getBytes(StandardCharsets.US_ASCII));
            var line = answer.readLine();
            while (line != null && !line.startsWith(PROCESS_ID)) {
                line = answer.readLine();
            }
            return Long.parseLong(String.valueOf(line).substring(PROCESS_ID.length()));
        }
    }
}
