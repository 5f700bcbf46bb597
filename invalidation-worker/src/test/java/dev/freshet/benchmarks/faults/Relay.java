package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The network between one process and one server. It can be slow, cut or silent, and it sees what passes: at a byte
 * sequence that somebody waits for it stops and lets something happen before anything goes on.
 */
final class Relay implements AutoCloseable {
    /** How the network is. */
    private sealed interface Mode {
        record Pass() implements Mode {}

        record Delay(Duration by) implements Mode {}

        /** Nobody is there: connections break, and new ones too. */
        record Cut() implements Mode {}

        /** What is sent goes nowhere and nobody is told. A connection that met this stays so for good. */
        record HalfOpen() implements Mode {}
    }

    /**
     * What somebody waits for.
     *
     * @param request what the process must have sent over the connection; empty for nothing in particular
     * @param answer what the server must answer after that, any answer when empty; null when the request itself trips
     * @param then happens while the bytes are held
     * @param isLost whether the bytes and the connection are lost afterwards
     */
    record Tripwire(String request, @Nullable String answer, Runnable then, boolean isLost) {
        static Tripwire atRequest(String request, Runnable then) {
            return new Tripwire(request, null, then, true);
        }

        static Tripwire atAnswer(String answer, Runnable then) {
            return new Tripwire("", answer, then, true);
        }

        static Tripwire atAnswerTo(String request, Runnable then) {
            return new Tripwire(request, "", then, true);
        }

        static Tripwire atAnswerTo(String request, String answer, Runnable then) {
            return new Tripwire(request, answer, then, true);
        }

        /** The bytes go on when {@code then} has ended. */
        Tripwire holding() {
            return new Tripwire(request, answer, then, false);
        }

        Tripwire andThen(Runnable next) {
            return new Tripwire(
                    request,
                    answer,
                    () -> {
                        then.run();
                        next.run();
                    },
                    isLost);
        }
    }

    /** How long the server's side of a half-open connection stays, as if the client's machine had gone. */
    private static final Duration ORPHANED = Duration.ofSeconds(10);

    private static final int LONGEST_TEXT = 128;
    /** For those who wait for something else on this way to have it. */
    private static final Duration LONGEST_TURN = Duration.ofMinutes(2);

    private final String name;
    private final ServerSocket listener;
    private final Set<Line> lines = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Tripwire> tripwire = new AtomicReference<>();
    private final Semaphore turn = new Semaphore(1);
    private volatile int target;
    private volatile Mode mode = new Mode.Pass();

    /** @param name who speaks to whom, such as {@code worker-1→cache} */
    Relay(String name, int target) {
        this.name = name;
        this.target = target;
        try {
            listener = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name(name).start(this::accept);
    }

    String name() {
        return name;
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Leads new connections to another server of this machine. Those that are open stay where they are. */
    void leadTo(int port) {
        target = port;
    }

    void pass() {
        mode = new Mode.Pass();
    }

    void delay(Duration by) {
        mode = new Mode.Delay(by);
    }

    void cut() {
        mode = new Mode.Cut();
        breakConnections();
    }

    void goSilent() {
        mode = new Mode.HalfOpen();
    }

    void breakConnections() {
        lines.forEach(Line::close);
    }

    /**
     * Waits until something trips, after others who wait here had their turn.
     *
     * @return whether it did in that time
     */
    boolean trips(Tripwire wire, Duration most) throws InterruptedException {
        if (!turn.tryAcquire(LONGEST_TURN.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException(name + " is waited at for too long");
        }
        try {
            var tripped = new CountDownLatch(1);
            arm(wire.andThen(tripped::countDown));
            return tripped.await(most.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            disarm();
            turn.release();
        }
    }

    /** Without a turn: where nobody else waits for anything. */
    void arm(Tripwire wire) {
        if (wire.request.length() > LONGEST_TEXT) {
            throw new IllegalArgumentException("the text is longer than what is remembered");
        }
        lines.forEach(line -> line.passed = false);
        tripwire.set(wire);
    }

    void disarm() {
        tripwire.set(null);
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            // it is gone, which is what was wanted
        }
        breakConnections();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = listener.accept();
                if (mode instanceof Mode.Cut) {
                    reset(client);
                } else {
                    Thread.ofVirtual().name(name).start(() -> connect(client));
                }
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void connect(Socket client) {
        try {
            client.setTcpNoDelay(true);
            var line = new Line(client, new Socket(InetAddress.getLoopbackAddress(), target));
            lines.add(line);
            line.server.setTcpNoDelay(true);
            Thread.ofVirtual().name(name).start(() -> line.copy(line.server, line.client, true));
            line.copy(line.client, line.server, false);
        } catch (IOException e) {
            reset(client); // the server is away
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // it is gone, which is what was wanted
        }
    }

    private final class Line {
        private final Socket client;
        private final Socket server;
        private volatile boolean isDead;
        /** Whether the text has passed to whose answer the tripwire is bound. */
        private volatile boolean passed;

        Line(Socket client, Socket server) {
            this.client = client;
            this.server = server;
        }

        void copy(Socket from, Socket to, boolean answers) {
            var tail = "";
            var buffer = new byte[16_384];
            try {
                var in = from.getInputStream();
                var out = to.getOutputStream();
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    var wire = tripwire.get();
                    if (wire != null) {
                        var text = tail + new String(buffer, 0, length, ISO_8859_1);
                        tail = text.substring(Math.max(0, text.length() - LONGEST_TEXT));
                        if (trips(wire, text, answers) && tripwire.compareAndSet(wire, null)) {
                            wire.then.run();
                            if (wire.isLost) {
                                break;
                            }
                        }
                    }
                    switch (mode) {
                        case Mode.Pass() -> {}
                        case Mode.Delay(var by) -> Thread.sleep(by);
                        case Mode.Cut() -> isDead = true;
                        case Mode.HalfOpen() -> isDead = true;
                    }
                    if (!isDead) {
                        out.write(buffer, 0, length);
                    }
                }
            } catch (IOException e) {
                // the other direction closed both
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            end();
        }

        private boolean trips(Tripwire wire, String text, boolean answers) {
            if (answers) {
                return (passed || wire.request.isEmpty()) && wire.answer != null && text.contains(wire.answer);
            }
            boolean found = !wire.request.isEmpty() && text.contains(wire.request);
            passed |= found;
            return found && wire.answer == null;
        }

        private void end() {
            if (isDead) {
                reset(client);
                try {
                    Thread.sleep(ORPHANED);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            close();
        }

        void close() {
            reset(client);
            reset(server);
            lines.remove(this);
        }
    }
}
