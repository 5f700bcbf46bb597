package dev.freshet.worker.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.catalog.Catalog;
import dev.freshet.db.Database;
import dev.freshet.db.DeadBodies;
import dev.freshet.db.Deliveries;
import dev.freshet.db.Deliveries.Words;
import dev.freshet.db.Delivery.State;
import dev.freshet.db.Failure;
import dev.freshet.model.Job;
import dev.freshet.queue.BodyStore;
import dev.freshet.queue.DeadAction;
import dev.freshet.queue.DeadFilter;
import dev.freshet.queue.DeadLetter;
import dev.freshet.queue.DeadLetters;
import dev.freshet.queue.DeadProgress;
import dev.freshet.queue.JobCodec;
import dev.freshet.queue.JobFormatException;
import dev.freshet.queue.QueueSearch;
import dev.freshet.session.SessionException;
import dev.freshet.session.SessionOptions;
import dev.freshet.session.Sessions;
import dev.freshet.session.Sessions.Deleted;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Removes what Freshet has stored of a person: the bodies of deliveries that name the address. */
@Command(
        name = "forget",
        mixinStandardHelpOptions = true,
        description = {
            "Remove stored deliveries that name an e-mail address",
            "Dead letters and spilled deliveries that name it are discarded, errors in the ledger that quote it blanked, and "
                    + "sessions whose owner it is ended. What "
                    + "waits in the queue is left to be done and counted; then this ends with 1, to be run again. The "
                    + "application's tables and cached reads are the application's: see docs/operations.md."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  freshet forget ada@example.com --dry-run",
            "  freshet forget - < address.txt            so that it stands in no list of processes",
            "  freshet cache clear --tag user:ada@example.com"
        })
final class Forget implements Callable<Integer> {
    private static final Logger log = LoggerFactory.getLogger(Forget.class);
    private static final Pattern ADDRESS = Pattern.compile("[^\\s@]+@[^\\s@]+");
    /** Bodies of up to 1 MiB that are in hand together. */
    private static final int BODIES_AT_ONCE = 20;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "EMAIL", description = "The address, or - to read it from the input")
    private String email = "";

    @Option(names = "--dry-run", description = "Say what would be removed, and change nothing")
    private boolean dryRun;

    @Mixin
    private JsonOption json = new JsonOption();

    Forget(Terminal terminal) {
        this.terminal = terminal;
    }

    /**
     * What names the address.
     *
     * @param unread dead letters whose bodies cannot be had, so that nobody can tell
     * @param bodies in PostgreSQL, of dead letters and of those that were replayed and need them no more
     * @param sessions that were ended, or would be
     */
    private record Stored(
            List<String> deadLetters,
            List<String> unread,
            List<BodyStore.Key> bodies,
            List<String> spilled,
            List<Words> rows,
            QueueSearch.Count waiting,
            Deleted sessions) {

        boolean isAllReached() {
            return unread.isEmpty() && waiting.jobs() == 0 && !waiting.gaveUp() && sessions.everywhere();
        }

        Stored with(Deleted ended) {
            return new Stored(deadLetters, unread, bodies, spilled, rows, waiting, ended);
        }

        /** Bodies that no dead letter has any more. */
        int leftovers() {
            return (int) bodies.stream()
                    .filter(body -> !deadLetters.contains(body.id()))
                    .count();
        }
    }

    @Override
    public Integer call() throws IOException {
        var mentions = new Mentions(address());
        var catalog = terminal.catalog();
        var stored = terminal.withDatabase(database -> terminal.withRedis((server, options) -> {
            var bodies = new DeadBodies(database, options.prefix());
            var letters = new DeadLetters(server, options, bodies);
            var ledger = new Deliveries(database);
            var named = new ArrayList<String>();
            var unread = new ArrayList<String>();
            letters.eachWhole(DeadFilter.all(), letter -> {
                var id = letter.job().id();
                if (mentions.in(letter.job())) {
                    named.add(id);
                } else if (!letter.isWhole()) {
                    unread.add(id);
                }
            });
            var found = new Stored(
                    named,
                    unread,
                    bodies(mentions, bodies),
                    spilled(mentions, ledger),
                    ledger.naming(mentions.address()).stream()
                            .filter(row -> mentions.in(row.id()) || mentions.in(row.outcome()))
                            .toList(),
                    new QueueSearch(server, options).count(mentions::in),
                    new Deleted(0, true));
            if (dryRun) {
                return found.with(sessions(catalog, database, mentions.address()));
            }
            var begun = new DeadAction(Instant.now(), OpenLetters.user(), "forget", "(address)", OptionalLong.empty());
            letters.note(begun);
            int discarded = remove(found, mentions, letters, bodies, database);
            var ended = sessions(catalog, database, mentions.address());
            letters.note(begun.ended(discarded));
            return found.with(ended);
        }));
        print(stored);
        return dryRun || stored.isAllReached() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private String address() throws IOException {
        var address = email.equals("-") ? new String(terminal.read("-"), UTF_8).strip() : email;
        if (!ADDRESS.matcher(address).matches()) {
            throw new ParameterException(spec.commandLine(), "EMAIL must be an address such as ada@example.com");
        }
        return address;
    }

    /**
     * Ends those that are the address's own, or counts them. What the data of others says only the application knows. That
     * they cannot be ended keeps nothing else from being done.
     */
    private Deleted sessions(Catalog catalog, Database database, String address) {
        try {
            var ended = ended(catalog, database, address);
            if (!ended.everywhere()) {
                terminal.error(
                        "the cache does not answer, and may serve sessions that were ended for five minutes; run this again");
            }
            return ended;
        } catch (SessionException e) {
            terminal.error("cannot " + (dryRun ? "count" : "end") + " the sessions of the address, run this again: "
                    + e.getMessage());
            return new Deleted(0, false);
        }
    }

    private Deleted ended(Catalog catalog, Database database, String address) {
        if (catalog.sessions().isEmpty()) {
            return new Deleted(0, true);
        }
        var options =
                SessionOptions.of(catalog.application(), catalog.sessions().get());
        var owners =
                Stream.of(address, address.toLowerCase(Locale.ROOT)).distinct().toList();
        if (dryRun) {
            var sessions = new Sessions(null, database, options, Clock.systemUTC());
            return new Deleted(owners.stream().mapToInt(sessions::count).sum(), true);
        }
        return terminal.settings().flag("REDIS_ENABLED", true)
                ? terminal.withCache(
                        cache -> delete(new Sessions(cache.cache(), database, options, Clock.systemUTC()), owners))
                : delete(new Sessions(null, database, options, Clock.systemUTC()), owners);
    }

    private static Deleted delete(Sessions sessions, List<String> owners) {
        var all = new Deleted(0, true);
        for (var owner : owners) {
            var deleted = sessions.deleteAll(owner);
            all = new Deleted(all.sessions() + deleted.sessions(), all.everywhere() && deleted.everywhere());
        }
        return all;
    }

    private static List<BodyStore.Key> bodies(Mentions mentions, BodyStore bodies) {
        var found = new ArrayList<BodyStore.Key>();
        for (var page = bodies.keys(Optional.empty(), BODIES_AT_ONCE);
                !page.isEmpty();
                page = bodies.keys(Optional.of(page.getLast()), BODIES_AT_ONCE)) {
            bodies.read(page).forEach((key, body) -> {
                if (mentions.in(body)) {
                    found.add(key);
                }
            });
        }
        return found;
    }

    private static List<String> spilled(Mentions mentions, Deliveries ledger) {
        var found = new ArrayList<String>();
        ledger.eachSpilled((id, bytes) -> {
            if (mentions.in(job(bytes))) {
                found.add(id);
            }
        });
        return found;
    }

    private static Job job(byte[] bytes) {
        try {
            return JobCodec.decode(bytes);
        } catch (JobFormatException e) {
            return JobCodec.unreadable(bytes, Instant.EPOCH);
        }
    }

    /** @return how many dead letters it discarded */
    private static int remove(
            Stored found, Mentions mentions, DeadLetters letters, BodyStore bodies, Database database) {
        var ledger = new Deliveries(database);
        int discarded = letters.discard(found.deadLetters, new DeadProgress() {
            @Override
            public void done(List<DeadLetter> gone) {
                note(gone, mentions, database);
            }
        });
        bodies.delete(found.bodies.stream()
                .filter(body -> letters.find(body.id())
                        .filter(letter -> !letter.isWhole() || mentions.in(letter.job()))
                        .isEmpty()) // else a letter was buried since, and needs it
                .toList());
        ledger.discard(found.spilled);
        ledger.forget(
                found.rows.stream().map(Words::id).toList(),
                found.rows.stream().map(Words::id).filter(mentions::in).toList());
        log.info(
                "forgot bodies={} deadLetters={} spilled={} rows={}",
                discarded + found.spilled.size(),
                discarded,
                found.spilled.size(),
                found.rows.size());
        return discarded;
    }

    /** So that the ledger does not go on to call them dead; what names the address even in its id stays out of it. */
    private static void note(List<DeadLetter> gone, Mentions mentions, Database database) {
        try {
            new Deliveries(database)
                    .givenUp(OpenLetters.rows(gone, State.DISCARDED).stream()
                            .filter(row -> !mentions.in(row.id()))
                            .map(row -> mentions.in(row.outcome()) ? row.withOutcome("") : row)
                            .toList());
        } catch (SQLException e) {
            throw Database.classify(e) == Failure.OUTAGE
                    ? database.away(e)
                    : new IllegalStateException("cannot write to the ledger: " + e.getMessage(), e);
        }
    }

    private void print(Stored stored) {
        if (json.wanted()) {
            var fields = new LinkedHashMap<String, Object>();
            fields.put("deadLetters", stored.deadLetters.size());
            fields.put("leftoverBodies", stored.leftovers());
            fields.put("spilled", stored.spilled.size());
            fields.put("ledgerRows", stored.rows.size());
            fields.put("sessions", stored.sessions.sessions());
            fields.put("inQueue", stored.waiting.jobs());
            fields.put("complete", stored.isAllReached());
            fields.put("dryRun", dryRun);
            terminal.json(fields);
            return;
        }
        terminal.line((dryRun ? "would remove " : "removed ")
                + count(stored.deadLetters.size(), "dead letter", "dead letters") + " and "
                + count(stored.spilled.size(), "spilled delivery", "spilled deliveries") + ", and the address from "
                + count(stored.rows.size(), "row", "rows") + " of the ledger");
        if (stored.leftovers() > 0) {
            terminal.line((dryRun ? "would remove " : "removed ") + count(stored.leftovers(), "body", "bodies")
                    + " of dead letters that were replayed before");
        }
        if (stored.sessions.sessions() > 0) {
            terminal.line(
                    (dryRun ? "would end " : "ended ") + count(stored.sessions.sessions(), "session", "sessions"));
        }
        stored.unread.forEach(id -> terminal.error(LetterText.bodyMissing(id, true)));
        if (stored.waiting.jobs() > 0) {
            terminal.line("in the queue: " + count(stored.waiting.jobs(), "job", "jobs")
                    + " with the address, left to be done; then run this again");
        }
        if (stored.waiting.gaveUp()) {
            terminal.line("the queue holds more than the " + QueueSearch.MAX_SEARCHED
                    + " jobs that were looked at; run this again when it is shorter");
        }
    }

    private static String count(int number, String one, String many) {
        return number + " " + (number == 1 ? one : many);
    }
}
