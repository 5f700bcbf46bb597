package dev.freshet.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands between a client and a server and cuts the connection where it hurts most: when the server has done what was
 * asked, and its answer is on the way.
 */
public final class CuttingProxy implements AutoCloseable {
    private final URI server;
    private final ServerSocket listener;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    /** Which answer from now on is the one to swallow; 0 for none. */
    private final AtomicInteger answerToCut = new AtomicInteger();

    private volatile boolean away;
    private volatile boolean frozen;
    private volatile boolean answersLost;
    private volatile CountDownLatch held = new CountDownLatch(0);
    private final Set<Socket> muted = ConcurrentHashMap.newKeySet();

    private CuttingProxy(URI server, ServerSocket listener) {
        this.server = server;
        this.listener = listener;
    }

    public static CuttingProxy before(URI server) {
        try {
            var proxy = new CuttingProxy(server, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            Thread.ofVirtual().start(proxy::accept);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The server's URL with the proxy's address. */
    public URI url() {
        var login = server.getRawUserInfo() == null ? "" : server.getRawUserInfo() + "@";
        return URI.create(server.getScheme() + "://" + login + "127.0.0.1:" + listener.getLocalPort())
                .resolve(server.getRawPath());
    }

    /** Swallows the next answer of the server, whoever it is for, and closes its connection. */
    public void cutNextAnswer() {
        cutAnswer(1);
    }

    /** Does so with the nth from now on, counted over all connections; 1 is the next one. */
    public void cutAnswer(int nth) {
        answerToCut.set(nth);
    }

    /** Swallows from now on whatever comes over the connections that are open, and leaves them open. */
    public void muteOpenConnections() {
        muted.addAll(open);
    }

    /** From now on what is asked is done, and no answer comes back. */
    public void loseAnswers() {
        answersLost = true;
    }

    /** Whether the answer that was to be swallowed has come. */
    public boolean hasCut() {
        return answerToCut.get() == 0;
    }

    /** Closes every connection, and every new one at once: the server is away. */
    public void cut() {
        away = true;
        open.forEach(CuttingProxy::closeQuietly);
    }

    /** The server is back. */
    public void restore() {
        away = false;
    }

    /** From now on nothing gets through in either direction, and nobody is told: the network is dead. For good. */
    public void freeze() {
        frozen = true;
    }

    /** From now on what comes waits, in both directions, until {@link #release}: the server hangs. */
    public void hold() {
        held = new CountDownLatch(1);
    }

    /** What was held goes on its way, in order. */
    public void release() {
        held.countDown();
    }

    @Override
    public void close() {
        release();
        closeQuietly(listener);
        open.forEach(CuttingProxy::closeQuietly);
    }

    @SuppressWarnings("resource") // both sockets are closed by whichever direction ends first
    private void accept() {
        while (!listener.isClosed()) {
            try {
                var client = listener.accept();
                if (away) {
                    client.close();
                    continue;
                }
                var upstream = new Socket(server.getHost(), server.getPort());
                open.add(client);
                open.add(upstream);
                Thread.ofVirtual().start(() -> copy(client, upstream, false));
                Thread.ofVirtual().start(() -> copy(upstream, client, true));
            } catch (IOException e) {
                // closed, or the server is away: the client sees its connection end
            }
        }
    }

    private void copy(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            var buffer = new byte[65_536];
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                held.await();
                if (answers && answerToCut.getAndUpdate(nth -> Math.max(0, nth - 1)) == 1) {
                    return;
                }
                if (!frozen && !muted.contains(from) && !(answers && answersLost)) {
                    out.write(buffer, 0, length);
                }
            }
        } catch (IOException | InterruptedException e) {
            // the other direction closed both
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void closeQuietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            // it is gone, which is what was wanted
        }
    }
}
