package dev.freshet.ingest;

import dev.freshet.catalog.Catalog;
import dev.freshet.catalog.EventRule;
import dev.freshet.ingest.Envelope.Illegible;
import dev.freshet.ingest.Envelope.Legible;
import dev.freshet.ingest.Store.Kept;
import dev.freshet.model.Attempt;
import dev.freshet.model.Job;
import dev.freshet.model.Sha256;
import dev.freshet.queue.JobQueue;
import io.javalin.http.Context;
import java.time.Clock;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Makes a signed delivery durable and says so, or says that it is not. Only a virtual thread waits meanwhile. It is worse to
 * answer 200 for what is nowhere durable than to be sent it twice.
 */
final class Intake {
    private static final Answer AWAY = Answer.error(
                    503, "not_durable", "it could not be stored and is not accepted; send it again later")
            .retryAfter(Duration.ofSeconds(5));
    private static final Answer FULL = Answer.error(
                    503, "queue_full", "too much is waiting to be done and it is not accepted; send it again later")
            .retryAfter(Duration.ofSeconds(30));
    private static final Answer SPILL_FULL = Answer.error(
                    503,
                    "spill_full",
                    "too much waits for the queue to come back and it is not accepted; send it again later")
            .retryAfter(Duration.ofSeconds(30));

    private final JobQueue queue;
    private final Store store;
    private final Catalog catalog;
    private final Waiters waiters;
    private final Outcomes outcomes;
    private final Clock clock;

    Intake(JobQueue queue, Store store, Catalog catalog, Waiters waiters, Outcomes outcomes, Clock clock) {
        this.queue = queue;
        this.store = store;
        this.catalog = catalog;
        this.waiters = waiters;
        this.outcomes = outcomes;
        this.clock = clock;
    }

    /** Answers once the delivery is durable, or applied where its sender waits for that. */
    void answer(Context ctx, Delivery delivery) {
        switch (Envelope.read(delivery.body(), delivery.form(), delivery.said())) {
            case Illegible(var reason) -> answerIllegible(ctx, delivery, reason);
            case Legible legible -> {
                var job = job(delivery, legible.topic(), deliveryId(delivery, legible));
                send(ctx, delivery, legible.topic(), () -> enqueue(job, delivery.waits()));
            }
        }
    }

    /**
     * Keeps a body that nobody can read as a dead letter, known by its digest.
     *
     * @param reason without a word of the body
     */
    void answerIllegible(Context ctx, Delivery delivery, String reason) {
        var job = job(delivery, EventRule.UNREADABLE, Sha256.hex(delivery.body()));
        var why = new Attempt(job.receivedAt(), "ingest", "decode", reason);
        send(ctx, delivery, EventRule.UNREADABLE, () -> bury(job, why));
    }

    /** Waits on the request's virtual thread: the web server's own way to answer later hands each request over twice. */
    private void send(Context ctx, Delivery delivery, String topic, Supplier<CompletionStage<Answer>> answering) {
        long start = System.nanoTime();
        var answer = answering.get().toCompletableFuture().join();
        boolean known = topic.equals(EventRule.UNREADABLE)
                || catalog.rule(topic, delivery.site().name()).isPresent();
        outcomes.delivery(delivery, topic, known, answer, Duration.ofNanos(System.nanoTime() - start));
        (known ? answer : answer.unknown()).send(ctx);
    }

    private CompletionStage<Answer> enqueue(Job job, boolean waits) {
        return store.keep(job, () -> queue.enqueue(job), () -> job).thenCompose(kept -> {
            var answer = answer(kept, job.id(), Answer.accepted(job.id()));
            return switch (kept) {
                case QUEUED, DUPLICATE, BOTH -> waits ? applied(job, answer) : completed(answer);
                case SPILLED, SPILLED_BEFORE -> completed(waits ? answer.pending() : answer);
                case FULL, SPILL_FULL, NOWHERE -> completed(answer);
            };
        });
    }

    private static Answer answer(Kept kept, String jobId, Answer accepted) {
        return switch (kept) {
            case QUEUED -> accepted;
            case DUPLICATE, SPILLED_BEFORE -> Answer.duplicate(jobId);
            case SPILLED, BOTH -> accepted.spilled();
            case FULL -> FULL;
            case SPILL_FULL -> SPILL_FULL;
            case NOWHERE -> AWAY;
        };
    }

    private static CompletionStage<Answer> completed(Answer answer) {
        return CompletableFuture.completedStage(answer);
    }

    private CompletionStage<Answer> applied(Job job, Answer answer) {
        return waiters.await(job.id()).thenApply(state -> switch (state) {
            case SETTLED -> answer.applied();
            case QUEUED, RETRIED -> answer.pending();
            case DEAD -> Answer.failed(job.id());
        });
    }

    private CompletionStage<Answer> bury(Job job, Attempt why) {
        return store.keep(job, () -> queue.enqueueDead(job, why), () -> job.failed(why))
                .thenApply(kept -> answer(kept, job.id(), Answer.dead(job.id())));
    }

    /** A job of the application itself is always awaited, since a duplicate of it may come with a wish to wait. */
    private Job job(Delivery delivery, String topic, String deliveryId) {
        var site = delivery.site();
        return Job.first(
                Job.id(site.name(), topic, deliveryId),
                site.name(),
                topic,
                clock.instant(),
                site.isApplication(),
                delivery.trace(),
                delivery.body());
    }

    /**
     * What has no id of its own is known by its digest, so that the same bytes are done once; but of an application,
     * which may say the same thing twice and mean it, each one counts.
     */
    private static String deliveryId(Delivery delivery, Legible legible) {
        return legible.id()
                .orElseGet(() ->
                        delivery.site().isApplication() ? UUID.randomUUID().toString() : Sha256.hex(delivery.body()));
    }
}
