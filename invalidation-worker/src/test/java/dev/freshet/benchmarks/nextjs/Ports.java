package dev.freshet.benchmarks.nextjs;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/** Ports for those who are to keep theirs across a restart. */
final class Ports {
    /** Below those that systems hand out by themselves, so that no connection takes one between two starts. */
    private static final int FIRST = 21_000;

    private static final int LAST = 31_000;

    private Ports() {}

    /** A port of loopback that nobody listens on. */
    static int free() {
        while (true) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, LAST);
            try (var socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException e) {
                // taken: another one
            }
        }
    }
}
