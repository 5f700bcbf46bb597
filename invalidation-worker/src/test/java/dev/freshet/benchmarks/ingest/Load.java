package dev.freshet.benchmarks.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/**
 * Sends requests that were prepared before over a few connections, one at a time on each. One thread does it all, so that
 * it takes little of the machine from what is measured.
 */
final class Load implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration NAP = Duration.ofNanos(50_000);
    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(US_ASCII);
    private static final byte[] LENGTH = "content-length:".getBytes(US_ASCII);

    private final Selector selector = Selector.open();
    private final List<Sender> senders = new ArrayList<>();
    private byte[][] requests = {};
    private int next;

    /** @param connections to a port of this machine */
    Load(int port, int connections) throws IOException {
        this(List.of(port), connections);
    }

    /** @param connections to several ports of this machine, by turns */
    Load(List<Integer> ports, int connections) throws IOException {
        try {
            for (int i = 0; i < connections; i++) {
                senders.add(new Sender(ports.get(i % ports.size())));
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * How a round went.
     *
     * @param accepted answers with 200
     * @param refused all others
     * @param took from the first request to the last answer
     * @param cpu of this thread
     * @param latencies in nanoseconds, from when each request was due
     */
    record Round(long accepted, long refused, Duration took, Duration cpu, Histogram latencies) {
        double perSecond() {
            return (accepted + refused) / (took.toNanos() / 1e9);
        }

        double micros(double percentile) {
            return latencies.getValueAtPercentile(percentile) / 1e3;
        }
    }

    /** All of them, as fast as they are answered. */
    Round send(byte[][] all) throws IOException {
        return send(all, 0);
    }

    /**
     * All of them, each at its time, however late others are answered.
     *
     * @param perSecond 0 for as fast as they are answered
     */
    Round send(byte[][] all, int perSecond) throws IOException {
        requests = all;
        next = 0;
        var latencies = new Histogram(PATIENCE.toNanos(), 3);
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long start = System.nanoTime();
        long heard = start;
        long accepted = 0;
        int answered = 0;
        var idle = new ArrayList<>(senders);
        while (answered < all.length) {
            long now = System.nanoTime();
            while (!idle.isEmpty() && next < all.length && due(start, next, perSecond) - now <= 0) {
                idle.removeLast().begin(perSecond == 0 ? now : due(start, next, perSecond));
            }
            if ((perSecond == 0 ? selector.select(PATIENCE.toMillis()) : selector.selectNow()) == 0) {
                if (System.nanoTime() - heard > PATIENCE.toNanos()) {
                    throw new IOException("no answer for " + PATIENCE.toSeconds() + " s");
                }
                LockSupport.parkNanos(NAP.toNanos());
            }
            for (var key : selector.selectedKeys()) {
                var sender = (Sender) key.attachment();
                int status = sender.read();
                if (status > 0) {
                    heard = System.nanoTime();
                    latencies.recordValue(Math.min(heard - sender.due, PATIENCE.toNanos()));
                    answered++;
                    accepted += status == 200 ? 1 : 0;
                    if (perSecond == 0 && next < all.length) {
                        sender.begin(heard);
                    } else {
                        idle.add(sender);
                    }
                }
            }
            selector.selectedKeys().clear();
        }
        return new Round(
                accepted,
                answered - accepted,
                Duration.ofNanos(heard - start),
                Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu),
                latencies);
    }

    private static long due(long start, int index, int perSecond) {
        return perSecond == 0 ? start : start + index * 1_000_000_000L / perSecond;
    }

    @Override
    public void close() throws IOException {
        for (var sender : senders) {
            sender.channel.close();
        }
        selector.close();
    }

    private final class Sender {
        private final SocketChannel channel;
        private final ByteBuffer answer = ByteBuffer.allocateDirect(8 * 1024);
        private long due;

        Sender(int port) throws IOException {
            channel = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ, this);
        }

        /** Requests are smaller than what a socket takes at once. */
        void begin(long when) throws IOException {
            due = when;
            var request = ByteBuffer.wrap(requests[next++]);
            while (request.hasRemaining()) {
                channel.write(request);
            }
        }

        /** @return the status, once the answer is whole; 0 before */
        int read() throws IOException {
            if (channel.read(answer) < 0) {
                throw new EOFException("the server closed a connection");
            }
            int head = endOfHead();
            if (head < 0 || answer.position() < head + length(head)) {
                return 0;
            }
            int status = (answer.get(9) - '0') * 100 + (answer.get(10) - '0') * 10 + answer.get(11) - '0';
            answer.clear();
            return status;
        }

        private int endOfHead() {
            for (int i = 0; i + END_OF_HEAD.length <= answer.position(); i++) {
                if (answer.get(i) == '\r' && answer.getInt(i) == 0x0d0a0d0a) {
                    return i + END_OF_HEAD.length;
                }
            }
            return -1;
        }

        private int length(int head) {
            for (int i = 0; i < head; i++) {
                if (answer.get(i) == '\n' && isLength(i + 1)) {
                    int length = 0;
                    for (int at = i + 1 + LENGTH.length; answer.get(at) != '\r'; at++) {
                        length = answer.get(at) == ' ' ? length : 10 * length + answer.get(at) - '0';
                    }
                    return length;
                }
            }
            return 0;
        }

        private boolean isLength(int from) {
            for (int i = 0; i < LENGTH.length; i++) {
                if ((answer.get(from + i) | 0x20) != (LENGTH[i] | 0x20)) {
                    return false;
                }
            }
            return true;
        }
    }
}
