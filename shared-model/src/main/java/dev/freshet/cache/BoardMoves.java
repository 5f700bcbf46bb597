package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import dev.freshet.redis.Script;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The moves of the protocol by which boards are built, read and patched. Each is one script on keys of one bucket. */
final class BoardMoves {
    private static final Script OPEN = Script.load(BoardMoves.class, "board_open.lua");
    private static final Script STAGE = Script.load(BoardMoves.class, "board_stage.lua");
    private static final Script READ = Script.load(BoardMoves.class, "board_read.lua");
    private static final Script PUT = Script.load(BoardMoves.class, "board_put.lua");
    private static final Script MARK = Script.load(BoardMoves.class, "board_mark.lua");
    private static final Script DROP = Script.load(BoardMoves.class, "board_drop.lua");

    private final RedisServer server;
    private final CacheKeys keys;

    BoardMoves(RedisServer server, CacheKeys keys) {
        this.server = server;
        this.keys = keys;
    }

    /**
     * What a build must know before its load begins.
     *
     * @param marks their name
     * @param next the number of the next mark
     */
    record Opened(String runId, String marks, String next) {}

    /** What a look at a build finds. */
    sealed interface Look {
        /** Part of it is gone, or Redis was restarted: it must be built anew. */
        record Gone() implements Look {}

        /**
         * These members must be loaded first.
         *
         * @param heeded the number of the first mark that is not heeded yet
         * @param upto the number of the first mark that needs no heed: it came later than the look
         */
        record Marked(String heeded, String upto, List<String> members) implements Look {}

        /** @param before how many places come before the rows */
        record Places(int size, int before, List<BoardRow> rows) implements Look {}
    }

    /** @param token from {@link Moves#newToken}; the same one when it is sent again */
    CompletionStage<Opened> open(String key, String token, Duration keep) {
        return this.<List<Object>, Opened>run(
                OPEN,
                ScriptOutputType.MULTI,
                List.of(keys.marks(key)),
                List.of(argument(token), argument(keep.toMillis())),
                (session, answer) -> new Opened(session.runId(), text(answer.get(0)), text(answer.get(1))));
    }

    /**
     * Brings some rows of a build, which nobody reads before its entry is stored.
     *
     * @param total rows of the whole build
     * @return whether it is whole now
     */
    CompletionStage<Boolean> stage(String key, Build build, List<BoardRow> rows, int total, Duration keep) {
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(keep.toMillis()));
        arguments.add(argument(total));
        arguments.add(argument(build.since()));
        rows.forEach(row -> add(arguments, row.member(), row));
        return this.<Long, Boolean>run(
                STAGE, ScriptOutputType.INTEGER, sets(key, build), arguments, (session, whole) -> whole == 1);
    }

    /**
     * Looks for places, or for what keeps them from being read.
     *
     * @param upto as the first look of this reader said: marks from there on came later than he; null for the first look
     * @param mostMarked members that are named at the most
     * @param heeding whether marks count: not for who made the build and knows it to be new enough
     */
    CompletionStage<Look> look(
            String key, Build build, BoardRange range, @Nullable String upto, int mostMarked, boolean heeding) {
        var who = switch (range) {
            case BoardRange.Top top -> "t";
            case BoardRange.Of of -> ":" + of.member();
        };
        int count = switch (range) {
            case BoardRange.Top top -> top.count();
            case BoardRange.Of of -> of.around();
        };
        var arguments = List.of(
                argument(heeding ? build.marks() : ""),
                argument(upto == null ? "" : upto),
                argument(mostMarked),
                argument(build.most()),
                argument(who),
                argument(count));
        return this.<List<Object>>ofBuild(build, READ, ScriptOutputType.MULTI, all(key, build), arguments, List.of())
                .thenApply(BoardMoves::look);
    }

    /**
     * Puts what was loaded for marked members.
     *
     * @param rows those of the members that have a score
     * @return false when somebody else did meanwhile, or the build is gone
     */
    CompletionStage<Boolean> put(String key, Build build, Look.Marked marked, Collection<BoardRow> rows) {
        var byMember = new HashMap<String, @Nullable BoardRow>();
        marked.members().forEach(member -> byMember.put(member, null));
        rows.forEach(row -> byMember.put(row.member(), build.reaches(row) ? row : null));
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(build.marks()));
        arguments.add(argument(marked.heeded()));
        arguments.add(argument(marked.upto()));
        arguments.add(argument(build.least()));
        byMember.forEach((member, row) -> add(arguments, member, row));
        return ofBuild(build, PUT, ScriptOutputType.INTEGER, all(key, build), arguments, 0L)
                .thenApply(done -> done == 1);
    }

    /**
     * Marks members of a board, if there is one. Where that cannot be done, all its marks go, and the board with them:
     * a removal is possible also while a slot is on its way, and when there is no room.
     *
     * @param most members that are worth marking
     */
    CompletionStage<Long> mark(String key, Collection<String> members, int most) {
        var name = keys.marks(key);
        var arguments = new ArrayList<byte[]>();
        arguments.add(argument(most));
        members.forEach(member -> arguments.add(argument(member)));
        return this.<Long, Long>run(
                        MARK, ScriptOutputType.INTEGER, List.of(name), arguments, (session, marked) -> marked)
                .exceptionallyCompose(error -> forget(key));
    }

    /** Forgets what was marked: whatever is built, or being built, must be built anew. */
    CompletionStage<Long> forget(String key) {
        return server.unlink(List.of(keys.marks(key)));
    }

    /** Removes the entry of a build that is not whole, if it is still there. */
    CompletionStage<Long> drop(String key, Entry entry) {
        return this.<Long, Long>run(
                DROP,
                ScriptOutputType.INTEGER,
                List.of(keys.entry(key)),
                List.of(entry.payload()),
                (session, removed) -> removed);
    }

    /** The build that is stored, current or not. */
    CompletionStage<Optional<Build>> stored(String key) {
        var name = keys.entry(key);
        return server.send(name, session -> session.commands().get(name))
                .thenApply(found -> Optional.ofNullable(found)
                        .flatMap(Stored::decode)
                        .flatMap(stored -> Build.decode(stored.entry().content())));
    }

    /** Lets the rows of a build go soon. */
    CompletionStage<?> retire(String key, Build build, Duration after) {
        var names = sets(key, build);
        return server.send(names.getFirst(), session -> {
            var unused = session.commands().pexpire(names.getFirst(), after.toMillis());
            return session.commands().pexpire(names.getLast(), after.toMillis());
        });
    }

    /** Removes the rows of a build. */
    CompletionStage<Long> discard(String key, Build build) {
        return server.unlink(sets(key, build));
    }

    private List<String> sets(String key, Build build) {
        return List.of(keys.scores(key, build.id()), keys.rows(key, build.id()));
    }

    private static void add(List<byte[]> arguments, String member, @Nullable BoardRow row) {
        arguments.add(argument(member));
        arguments.add(argument(row == null ? "" : Double.toString(row.score())));
        arguments.add(argument(row == null ? "" : row.columns()));
    }

    private interface Answer<A, T> {
        T of(RedisSession session, A answer);
    }

    private <A, T> CompletionStage<T> run(
            Script script, ScriptOutputType output, List<String> names, List<byte[]> arguments, Answer<A, T> then) {
        return server.send(names.getFirst(), session -> {
            CompletionStage<A> answer = script.run(
                    session.commands(), output, names.toArray(String[]::new), arguments.toArray(byte[][]::new));
            return answer.thenApply(found -> then.of(session, found));
        });
    }

    /** @param gone the answer of another process than the build was made in, whose rows and marks may be of before */
    private <A> CompletionStage<A> ofBuild(
            Build build, Script script, ScriptOutputType output, List<String> names, List<byte[]> arguments, A gone) {
        return server.send(
                names.getFirst(),
                session -> session.runId().equals(build.runId())
                        ? script.run(
                                session.commands(),
                                output,
                                names.toArray(String[]::new),
                                arguments.toArray(byte[][]::new))
                        : CompletableFuture.completedFuture(gone));
    }

    private List<String> all(String key, Build build) {
        return List.of(keys.marks(key), keys.scores(key, build.id()), keys.rows(key, build.id()));
    }

    private static Look look(List<Object> answer) {
        if (answer.isEmpty()) {
            return new Look.Gone();
        }
        if (text(answer.getFirst()).equals("marked")) {
            var members =
                    ((List<?>) answer.get(3)).stream().map(BoardMoves::member).toList();
            return new Look.Marked(text(answer.get(1)), text(answer.get(2)), members);
        }
        var found = (List<?>) answer.get(3);
        var columns = (List<?>) answer.get(4);
        var rows = new ArrayList<BoardRow>();
        for (int i = 0; i < columns.size(); i++) {
            var column = columns.get(i);
            if (column == null) {
                return new Look.Gone(); // somebody's hand
            }
            rows.add(new BoardRow(
                    member(found.get(2 * i)), Double.parseDouble(text(found.get(2 * i + 1))), text(column)));
        }
        return new Look.Places(((Long) answer.get(1)).intValue(), ((Long) answer.get(2)).intValue(), rows);
    }

    private static String member(Object name) {
        return text(name).substring(1);
    }

    private static String text(Object bytes) {
        return new String((byte[]) bytes, UTF_8);
    }
}
