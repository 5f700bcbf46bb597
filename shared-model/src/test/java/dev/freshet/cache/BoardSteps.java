package dev.freshet.cache;

import static dev.freshet.redis.Script.argument;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.freshet.cache.BoardMoves.Look;
import dev.freshet.cache.BoardMoves.Opened;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.redis.RedisSession;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a board of one member is kept, step by step, each one atomic act of Redis: as it is kept, or with one rule left out.
 * What finds nothing wrong with the others proves nothing about ours.
 */
class BoardSteps {
    static final String KEY = "k";
    static final String MEMBER = "a";
    static final List<Tag> TAGS = List.of(new Tag("t"));
    static final Lifetime LIFETIME = Lifetime.of(Duration.ofHours(1));
    private static final BoardRange RANGE = new BoardRange.Top(1);

    final RedisServer server;
    final CacheKeys keys;
    final TagCache cache;
    final BoardMoves moves;

    BoardSteps(RedisServer server, CacheOptions options) {
        this.server = server;
        this.keys = new CacheKeys(options.prefix(), 1);
        this.cache = new TagCache(server, options.withBuckets(1));
        this.moves = new BoardMoves(server, keys);
    }

    /** Whether a build asks for its marks only when it has loaded. */
    boolean opensLate() {
        return false;
    }

    Optional<Fill> begin(String token) {
        return cache.begin(KEY, TAGS, token);
    }

    Opened open(String token) {
        return server.await(moves.open(KEY, token, Duration.ofHours(2)));
    }

    void stage(Build build, int score) {
        var unused = server.await(moves.stage(KEY, build, List.of(row(score)), 1, Duration.ofHours(2)));
    }

    void fill(Fill fill, Build build) {
        var unused = cache.fill(fill, build.encode(), LIFETIME, "", fill.begunAt());
    }

    Optional<Build> entry() {
        return cache.read(KEY, TAGS).flatMap(entry -> Build.decode(entry.content()));
    }

    Look look(Build build, @Nullable String upto) {
        return server.await(moves.look(KEY, build, RANGE, upto, 10, true));
    }

    boolean put(Build build, Look.Marked marked, int score) {
        return server.await(moves.put(KEY, build, marked, List.of(row(score))));
    }

    void mark() {
        var unused = server.await(moves.mark(KEY, List.of(MEMBER), 100));
    }

    void invalidate() {
        cache.invalidate(TAGS);
    }

    static BoardRow row(int score) {
        return new BoardRow(MEMBER, score, "{}");
    }

    <T> T run(Function<RedisAsyncCommands<String, byte[]>, CompletionStage<T>> call) {
        return server.await(server.send(KEY, session -> call.apply(session.commands())));
    }

    String runId() {
        return server.await(
                        server.send(KEY, session -> session.commands().time().thenApply(now -> session)))
                .runId();
    }

    /** What lacks one rule each. */
    enum Crippled {
        /** As a list of things to do is kept: whoever has done one, and was not overtaken, takes it from the list. */
        A_MARK_GOES_WITH_ITS_PUT("a build and a patch") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    boolean put(Build build, Look.Marked marked, int score) {
                        boolean done = super.put(build, marked, score);
                        var member = argument(":" + MEMBER);
                        var number = run(commands -> commands.zscore(keys.marks(KEY), member));
                        if (done && number != null && number < Integer.parseInt(marked.upto())) {
                            var unused = run(commands -> commands.zrem(keys.marks(KEY), member));
                        }
                        return done;
                    }
                };
            }
        },
        A_LATE_PUT_IS_TAKEN("two patches") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    boolean put(Build build, Look.Marked marked, int score) {
                        var now = run(commands -> commands.hget(keys.rows(KEY, build.id()), "#"));
                        if (now == null) {
                            return false;
                        }
                        var heeded = new String(now, UTF_8);
                        boolean isLate = Integer.parseInt(heeded) > Integer.parseInt(marked.upto());
                        return super.put(
                                build,
                                new Look.Marked(heeded, isLate ? heeded : marked.upto(), marked.members()),
                                score);
                    }
                };
            }
        },
        WHAT_IS_MARKED_AGAIN_CAME_LATER("two patches") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    Look look(Build build, @Nullable String upto) {
                        var number = run(commands -> commands.zscore(keys.marks(KEY), argument(":" + MEMBER)));
                        boolean isLater = upto != null && number != null && number >= Integer.parseInt(upto);
                        return isLater
                                ? server.await(moves.look(KEY, build, RANGE, null, 10, false))
                                : super.look(build, upto);
                    }
                };
            }
        },
        LOST_MARKS_ARE_NONE("eviction") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    Look look(Build build, @Nullable String upto) {
                        var top = run(commands -> commands.zrevrange(keys.marks(KEY), 0, 0));
                        var name = top.isEmpty() ? "" : new String(top.getFirst(), UTF_8);
                        return super.look(with(build, build.runId(), name), upto);
                    }
                };
            }
        },
        A_BUILD_OPENS_WHEN_IT_HAS_LOADED("a build and a patch") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    boolean opensLate() {
                        return true;
                    }
                };
            }
        },
        ANY_PROCESS_IS_READ("restart") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    Look look(Build build, @Nullable String upto) {
                        return super.look(with(build, runId(), build.marks()), upto);
                    }
                };
            }
        },
        ROWS_ARE_TAKEN_AT_ANY_TIME("sent twice") {
            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    void stage(Build build, int score) {
                        super.stage(build, score);
                        var unused = run(
                                commands -> commands.zadd(keys.scores(KEY, build.id()), score, argument(":" + MEMBER)));
                    }
                };
            }
        },
        MARKS_COME_BACK_UNDER_THEIR_NAME("sent twice and evicted") {
            private static final byte[] OPEN = """
                    local top = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
                    if #top == 0 then
                        top = {'#' .. ARGV[1], '1'}
                        redis.call('ZADD', KEYS[1], top[2], top[1])
                    end
                    return top""".getBytes(UTF_8);

            @Override
            BoardSteps make(RedisServer server, CacheOptions options) {
                return new BoardSteps(server, options) {
                    @Override
                    Opened open(String token) {
                        return server.await(server.send(
                                KEY,
                                session -> this.<List<Object>>eval(session, token)
                                        .thenApply(top -> new Opened(session.runId(), text(top, 0), text(top, 1)))));
                    }

                    private <T> CompletionStage<T> eval(RedisSession session, String token) {
                        var names = new String[] {keys.marks(KEY)};
                        return session.commands().eval(OPEN, ScriptOutputType.MULTI, names, argument(token));
                    }
                };
            }
        };

        private final String scenario;

        Crippled(String scenario) {
            this.scenario = scenario;
        }

        /** The orders that tell it from ours. */
        String scenario() {
            return scenario;
        }

        abstract BoardSteps make(RedisServer server, CacheOptions options);

        @Override
        public String toString() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }

        static String text(List<Object> answer, int place) {
            return new String((byte[]) answer.get(place), UTF_8);
        }

        static Build with(Build build, String runId, String marks) {
            return new Build(build.id(), runId, marks, build.since(), build.most(), build.floor());
        }
    }
}
