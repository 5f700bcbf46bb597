package dev.freshet.benchmarks.nextjs;

import dev.freshet.benchmarks.nextjs.Relay.Reply;
import dev.freshet.benchmarks.nextjs.Relay.Request;
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Where the application reads its numbers: Freshet's cached reads, whose answers can be held back. */
final class Source implements AutoCloseable {
    /** One answer that has been read and waits. */
    static final class Held {
        private final String path;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        private Held(String path) {
            this.path = path;
        }

        /** Until the data was read: whatever changes now, the answer is from before. */
        void awaitRead() throws InterruptedException {
            Await.latch(reached, "a render has read its data");
        }

        void release() {
            released.countDown();
        }
    }

    private final Relay relay = new Relay();
    private volatile URI reads = URI.create("http://127.0.0.1:1");
    private volatile Held held = new Held("");

    Source() {
        relay.answerBy(this::reply);
    }

    URI url() {
        return relay.url();
    }

    /** Whom to ask from now on. */
    void readFrom(URI reads) {
        this.reads = reads;
    }

    /**
     * Holds the next answer back that is about this cohort alone, with the data of the moment at which it was asked for.
     */
    Held holdNext(int cohort) {
        held = new Held("cohort=" + cohort);
        return held;
    }

    @Override
    public void close() {
        held.release();
        relay.close();
    }

    private Reply reply(Request request) throws IOException, InterruptedException {
        var mine = held;
        var reply = relay.pass(request, reads);
        if (mine.path.equals(request.target().getQuery()) && mine.reached.getCount() > 0) {
            mine.reached.countDown();
            if (!mine.released.await(Await.DEADLINE.toSeconds(), TimeUnit.SECONDS)) {
                return Reply.of(504);
            }
        }
        return reply;
    }
}
