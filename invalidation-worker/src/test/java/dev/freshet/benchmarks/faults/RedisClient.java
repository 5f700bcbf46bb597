package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Tells a Redis to do what only operators ask for. Knows simple answers only. */
final class RedisClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 60_000;

    private final Socket socket;
    private final InputStream in;

    private RedisClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
    }

    static RedisClient connect(int port, String password) {
        try {
            var socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            var client = new RedisClient(socket);
            client.call("AUTH", password);
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot reach the Redis at " + port, e);
        }
    }

    /** @return a status, a number or a text as it stands; an error fails */
    String call(String... words) {
        var request = new ByteArrayOutputStream();
        request.writeBytes(("*" + words.length + "\r\n").getBytes(UTF_8));
        for (var word : words) {
            request.writeBytes(("$" + word.getBytes(UTF_8).length + "\r\n" + word + "\r\n").getBytes(UTF_8));
        }
        try {
            socket.getOutputStream().write(request.toByteArray());
            var line = line();
            return switch (line.charAt(0)) {
                case '-' -> throw new IllegalStateException(words[0] + ": " + line.substring(1));
                case '$' -> {
                    var text = new String(in.readNBytes(Integer.parseInt(line.substring(1))), UTF_8);
                    line();
                    yield text;
                }
                default -> line.substring(1);
            };
        } catch (IOException e) {
            throw new UncheckedIOException("cannot tell Redis " + words[0], e);
        }
    }

    /** A figure of INFO. */
    long info(String section, String field) {
        return call("INFO", section)
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .mapToLong(line ->
                        Long.parseLong(line.substring(field.length() + 1).strip()))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone, which is what was wanted
        }
    }

    private String line() throws IOException {
        var bytes = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection ended");
            }
            bytes.write(b);
        }
        return bytes.toString(UTF_8).strip();
    }
}
