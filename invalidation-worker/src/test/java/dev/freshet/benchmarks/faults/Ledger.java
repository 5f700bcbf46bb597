package dev.freshet.benchmarks.faults;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What the senders know: what they sent, what was answered, and what must therefore be true. */
final class Ledger {
    private final AtomicLong numbers = new AtomicLong();
    private final Queue<Delivery> deliveries = new ConcurrentLinkedQueue<>();
    private final Map<Integer, Long> confirmed = new ConcurrentHashMap<>();
    private final Map<Integer, Long> dropped = new ConcurrentHashMap<>();
    final LongAdder retries = new LongAdder();
    final LongAdder duplicates = new LongAdder();
    final LongAdder applied = new LongAdder();
    final Map<String, LongAdder> answers = new ConcurrentHashMap<>();

    Delivery add(int enrollment, int course, Delivery.Kind kind, boolean waits) {
        var delivery = new Delivery(numbers.incrementAndGet(), enrollment, course, kind, waits);
        deliveries.add(delivery);
        if (kind == Delivery.Kind.DROPPED) {
            dropped.merge(enrollment, delivery.number, Math::max);
        }
        return delivery;
    }

    /** It is applied and invalidated: nobody may be shown anything older from now on. */
    void confirm(Delivery delivery) {
        applied.increment();
        if (delivery.kind != Delivery.Kind.REFUSED) {
            confirmed.merge(delivery.enrollment, delivery.number, Math::max);
        }
    }

    /** The version that a read which begins now must not fall behind; 0 when nobody can say. */
    long confirmed(int enrollment) {
        return confirmed.getOrDefault(enrollment, 0L);
    }

    /** Whether somebody who sees no such row may see that, where this version is confirmed. */
    boolean mayBeGone(int enrollment, long version) {
        return dropped.getOrDefault(enrollment, 0L) >= version;
    }

    void answered(String answer) {
        answers.computeIfAbsent(answer, key -> new LongAdder()).increment();
    }

    List<Delivery> all() {
        return List.copyOf(deliveries);
    }
}
