package dev.freshet.settings;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/**
 * Where a process listens.
 *
 * @param process what the settings begin with, such as {@code INGEST}
 * @param port 0 for any free one
 */
public record Listen(String process, String host, int port) {

    /** Reads {@code PROCESS_HOST} (default all interfaces) and {@code PROCESS_PORT}. */
    public static Listen from(Settings settings, String process, int port) {
        return new Listen(
                process,
                settings.text(process + "_HOST", "0.0.0.0"),
                settings.number(process + "_PORT", port, 0, 65_535));
    }

    /**
     * Asked before anything else is started, so that one line tells of it instead of the web server's many.
     *
     * @throws SettingException when the address cannot be listened on
     */
    public void requireFree() {
        try (var socket = new ServerSocket(port, 1, InetAddress.getByName(host))) {
            socket.getLocalPort();
        } catch (IOException e) {
            throw cannot(String.valueOf(e.getMessage()));
        }
    }

    /** What to say when the address cannot be listened on. */
    public SettingException cannot(String cause) {
        return new SettingException(
                "cannot listen on " + process + "_HOST=" + host + " " + process + "_PORT=" + port + ": " + cause);
    }
}
