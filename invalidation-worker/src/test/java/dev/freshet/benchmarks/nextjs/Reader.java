package dev.freshet.benchmarks.nextjs;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads pages of one instance and compares what they show with what the instance had confirmed before. */
final class Reader implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reader.class);

    private final Node node;
    private final Visitor visitor;
    private final AtomicLong reads = new AtomicLong();
    private final AtomicLong olderThanConfirmed = new AtomicLong();
    private final AtomicLong olderThanSettled = new AtomicLong();

    Reader(Node node) {
        this.node = node;
        this.visitor = new Visitor(node.instance().url());
    }

    /** @return what the page shows */
    Map<Integer, Integer> read(Page page) throws InterruptedException {
        var told = node.told(page.router());
        var confirmed = told.confirmed();
        var settled = told.settled(page.subject());
        var numbers = visitor.visit(page).numbers();
        var name = node.instance().name();
        reads.incrementAndGet();
        if (isOlder(numbers, confirmed)) {
            olderThanConfirmed.incrementAndGet();
            log.warn("older than confirmed: {} of {} shows {} not {}", page.path(), name, numbers, confirmed);
        }
        if (isOlder(numbers, settled)) {
            olderThanSettled.incrementAndGet();
            log.error("older than settled: {} of {} shows {} not {}", page.path(), name, numbers, settled);
        }
        return numbers;
    }

    long reads() {
        return reads.get();
    }

    /** Responses that showed less than what was confirmed when they were asked for. */
    long olderThanConfirmed() {
        return olderThanConfirmed.get();
    }

    /** Responses that showed less than what was settled when they were asked for. */
    long olderThanSettled() {
        return olderThanSettled.get();
    }

    @Override
    public void close() {
        visitor.close();
    }

    private static boolean isOlder(Map<Integer, Integer> numbers, Map<Integer, Integer> bar) {
        return numbers.entrySet().stream().anyMatch(number -> number.getValue() < bar.getOrDefault(number.getKey(), 0));
    }
}
