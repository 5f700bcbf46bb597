package dev.freshet.benchmarks.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** One thing that a sender tells, however often it has to. Its number is also how new it is. */
final class Delivery {
    enum Kind {
        SAVED,
        DROPPED,
        /** Breaks a constraint: it must become a dead letter, and change nothing. */
        REFUSED
    }

    private static final int TOO_MUCH = 1_000;

    final long number;
    final int enrollment;
    final int course;
    final Kind kind;
    /** Whether the application sends it and waits until it is applied; else the provider does and does not. */
    final boolean waits;

    final Instant created = Instant.now();
    final AtomicInteger requests = new AtomicInteger();
    /** With what it was last answered, or failed. */
    volatile String last = "";

    volatile @Nullable Instant answered;
    /** Completes when it is answered 2xx, with whether it was applied by then. */
    final CompletableFuture<Boolean> accepted = new CompletableFuture<>();

    Delivery(long number, int enrollment, int course, Kind kind, boolean waits) {
        this.number = number;
        this.enrollment = enrollment;
        this.course = course;
        this.kind = kind;
        this.waits = waits;
    }

    /** As Freshet names it. */
    String jobId() {
        return (waits ? "app:" : "main:") + "enrollment." + action() + ":d" + number;
    }

    boolean isAccepted() {
        return answered != null;
    }

    byte[] body() {
        var head = waits
                ? "\"topic\":\"enrollment." + action() + "\""
                : "\"resource\":\"enrollment\",\"action\":\"" + action() + "\"";
        return ("{\"id\":\"d%d\",%s,\"created_at\":\"%s\",\"payload\":{\"id\":%d,\"course_id\":%d,\"version\":%d,"
                        + "\"percentage_completed\":%d,\"user\":{\"email\":\"learner%d%s\"}}}")
                .formatted(
                        number,
                        head,
                        created,
                        enrollment,
                        course,
                        number,
                        kind == Kind.REFUSED ? TOO_MUCH : number % 101,
                        enrollment,
                        Secrets.MAIL_DOMAIN)
                .getBytes(UTF_8);
    }

    @Override
    public String toString() {
        return "%s %s enrollment=%d course=%d created=%s requests=%d answered=%s last=%s"
                .formatted(jobId(), kind, enrollment, course, created, requests.get(), answered, last);
    }

    private String action() {
        return kind == Kind.DROPPED ? "dropped" : "progress";
    }
}
