package dev.freshet.testing;

import java.io.IOException;
import java.io.UncheckedIOException;

/** Signals that Java has no call for. */
public final class Signals {
    private Signals() {}

    /**
     * Sends a signal to a process; nothing when it ended meanwhile.
     *
     * @param name such as {@code STOP}
     */
    public static void send(long pid, String name) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(pid))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot send a signal", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
