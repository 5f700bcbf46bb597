package dev.freshet.cache.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.cache.CacheOptions;
import dev.freshet.cache.CacheStats;
import dev.freshet.cache.Entry;
import dev.freshet.cache.TagCache;
import dev.freshet.cache.ViewStats;
import dev.freshet.db.Database;
import dev.freshet.db.DatabaseOptions;
import dev.freshet.model.Tag;
import dev.freshet.redis.RedisServer;
import dev.freshet.testing.TestServices;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleListener;
import org.jdbi.v3.core.Handles;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jdbi.v3.sqlobject.SqlObjectPlugin;
import org.jdbi.v3.sqlobject.customizer.Bind;
import org.jdbi.v3.sqlobject.customizer.BindMethods;
import org.jdbi.v3.sqlobject.statement.SqlQuery;
import org.jdbi.v3.sqlobject.statement.SqlUpdate;
import org.jdbi.v3.sqlobject.transaction.Transaction;
import org.jdbi.v3.sqlobject.transaction.Transactional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

@TestInstance(Lifecycle.PER_CLASS)
class CachePluginIT {
    public record Course(long id, String teacher, String title) {}

    /** A repository, cached. */
    interface Courses extends Transactional<Courses> {
        @SqlQuery("select * from courses where id = :id")
        @Cached(view = "course", tags = "course:{id}")
        @Nullable Course find(@Bind("id") long number);

        @SqlQuery("select * from courses where id = :id")
        @Cached(view = "optional", tags = "course:{id}", ttl = "10m", absentFor = "SHORT")
        Optional<Course> findOptional(@Bind("id") long id);

        @SqlQuery("select * from courses where teacher = :teacher order by id limit :limit")
        @Cached(
                view = "byTeacher",
                key = "{teacher}/{limit}",
                tags = {"teacher:{teacher}", "courses"})
        List<Course> byTeacher(@Bind("teacher") @Nullable String teacher, @Bind("limit") int limit);

        @SqlQuery("select count(*) from courses")
        @Cached(view = "count", tags = "courses", ttl = "LONG")
        long count();

        @SqlUpdate("update courses set title = :title where id = :id")
        @Invalidates({"course:{id}", "courses"})
        int rename(@Bind("id") long id, @Bind("title") String title);

        @SqlUpdate("insert into courses values (:c.id, :c.teacher, :c.title)")
        @Invalidates({"course:{c.id}", "teacher:{c.teacher}", "courses"})
        void add(@BindMethods("c") Course c);

        @SqlUpdate("update courses set title = 'new' where id = :id and pg_terminate_backend(pg_backend_pid())")
        @Invalidates("course:{id}")
        void renameAndLoseTheConnection(@Bind("id") long id);

        @SqlQuery("select * from courses where title = any(:titles)")
        @Cached(view = "titles", tags = "courses")
        List<Course> withTitles(@Bind("titles") List<String> titles);

        @Transaction
        @SqlUpdate("update courses set title = :title where id = :id")
        @Invalidates("course:{id}")
        void renameInTransaction(@Bind("id") long id, @Bind("title") String title);
    }

    private final Database database = new Database(TestServices.shared().newDatabase(), DatabaseOptions.DEFAULTS);
    private final RedisServer server =
            new RedisServer("cache", TestServices.shared().cacheUrl(), Duration.ofSeconds(5));
    private final CacheStats stats = new CacheStats(new SimpleMeterRegistry());
    private final TagCache cache =
            new TagCache(server, CacheOptions.defaults(TestServices.shared().newPrefix()), stats);
    private final Jdbi jdbi = plain().installPlugin(new CachePlugin(cache));
    private final Courses courses = jdbi.onDemand(Courses.class);

    @BeforeEach
    void begin() {
        jdbi.useHandle(handle -> {
            handle.execute("drop table if exists courses");
            handle.execute("create table courses (id bigint primary key, teacher text, title text)");
            handle.execute("insert into courses values (7, 'Ann@Example.com', 'old')");
        });
        cache.clear();
    }

    @AfterAll
    void close() {
        server.close();
        database.close();
    }

    @Test
    void aMethodIsAnsweredFromTheCacheUntilAnotherInvalidates() {
        assertThat(courses.find(7)).isEqualTo(new Course(7, "Ann@Example.com", "old"));
        behind("update courses set title = 'unseen'");
        assertThat(courses.find(7)).isEqualTo(new Course(7, "Ann@Example.com", "old"));

        assertThat(courses.rename(7, "new")).isEqualTo(1);

        assertThat(courses.find(7)).isEqualTo(new Course(7, "Ann@Example.com", "new"));
        assertThat(cache.read("course:7", List.of(new Tag("course:7")))).isPresent();
    }

    @Test
    void listsNumbersOptionalsAndWhatIsNotThereAreCachedToo() {
        assertThat(courses.findOptional(8)).isEmpty();
        assertThat(courses.find(8)).isNull();
        assertThat(courses.byTeacher("Ann@Example.com", 10)).hasSize(1);
        assertThat(courses.byTeacher(null, 10)).isEmpty();
        assertThat(courses.count()).isEqualTo(1);
        behind("insert into courses values (8, 'Ann@Example.com', 'unseen')");
        assertThat(courses.findOptional(8)).isEmpty();
        assertThat(courses.find(8)).isNull();
        assertThat(courses.byTeacher("Ann@Example.com", 10)).hasSize(1);
        assertThat(courses.byTeacher("Ann@Example.com", 11)).as("another key").hasSize(2);
        assertThat(courses.count()).isEqualTo(1);
        assertThat(cache.read(
                                "byTeacher:Ann@Example.com/10",
                                List.of(new Tag("teacher:ann@example.com"), new Tag("courses")))
                        .map(Entry::gzipped))
                .contains(false);
    }

    @Test
    void placeholdersReachIntoArguments() {
        courses.find(9);
        courses.byTeacher("Bob@example.com", 10);
        courses.count();
        courses.add(new Course(9, "Bob@example.com", "new"));
        assertThat(courses.find(9)).isNotNull();
        assertThat(courses.byTeacher("Bob@example.com", 10)).hasSize(1);
        assertThat(courses.count()).isEqualTo(2);
    }

    @Test
    void insideATransactionNothingIsInvalidatedBeforeItsCommitIsVisible() {
        courses.find(7);
        courses.useTransaction(inside -> {
            inside.rename(7, "new");
            assertThat(courses(7)).as("a reader elsewhere, before the commit").isEqualTo("old");
            assertThat(inside.find(7))
                    .as("its own write")
                    .extracting(Course::title)
                    .isEqualTo("new");
        });
        assertThat(courses(7)).isEqualTo("new");
    }

    @Test
    void whatIsRolledBackWasNeverCached() {
        assertThatThrownBy(() -> courses.useTransaction(inside -> {
                    inside.rename(7, "never");
                    inside.find(7);
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(courses(7)).isEqualTo("old");
    }

    @Test
    void aTransactionOfTheMethodsOwnIsCommittedBeforeItInvalidates() {
        courses.find(7);
        courses.renameInTransaction(7, "new");
        assertThat(courses(7)).isEqualTo("new");
        jdbi.useTransaction(handle -> {
            handle.attach(Courses.class).rename(7, "newer");
            assertThat(courses(7)).isEqualTo("new");
        });
        assertThat(courses(7)).isEqualTo("newer");
    }

    @Test
    void aMethodThatThrowsInvalidatesAllTheSame() {
        courses.find(7);
        courses.count();
        assertThatThrownBy(() -> courses.add(new Course(7, "x", "twice"))).hasMessageContaining("duplicate key");
        assertThat(cache.read("course:7", List.of(new Tag("course:7")))).isEmpty();
    }

    @Test
    void aMethodThatLosesItsConnectionInvalidatesAllTheSame() {
        courses.find(7);
        assertThatThrownBy(() -> courses.renameAndLoseTheConnection(7)).isInstanceOf(JdbiException.class);
        assertThat(cache.read("course:7", List.of(new Tag("course:7")))).isEmpty();
    }

    @Test
    void aCommitThatGetsNoAnswerInvalidatesAllTheSame() {
        courses.find(7);
        assertThatThrownBy(() -> jdbi.useTransaction(handle -> {
                    handle.attach(Courses.class).rename(7, "new");
                    int server = handle.select("select pg_backend_pid()")
                            .mapTo(int.class)
                            .one();
                    behind("select pg_terminate_backend(" + server + ", 5000)");
                }))
                .isInstanceOf(JdbiException.class);
        assertThat(cache.read("course:7", List.of(new Tag("course:7")))).isEmpty();
    }

    @Test
    void listsThatAreWrittenAlikeHaveKeysOfTheirOwn() {
        behind("insert into courses values (8, 'Ann@Example.com', 'old, new')");
        assertThat(courses.withTitles(List.of("old, new")))
                .extracting(Course::id)
                .containsExactly(8L);
        assertThat(courses.withTitles(List.of("old", "new")))
                .extracting(Course::id)
                .containsExactly(7L);
    }

    @Test
    void aHitTakesNoConnection() {
        courses.find(7);
        var taken = new AtomicInteger();
        var counting = new HandleListener() {
            @Override
            public void handleCreated(Handle handle) {
                taken.incrementAndGet();
            }
        };
        var listeners = jdbi.getConfig(Handles.class);
        listeners.addListener(counting);
        try {
            courses.find(7);
            assertThat(taken).hasValue(0);
            courses.find(1);
            assertThat(taken).hasValue(1);
        } finally {
            listeners.removeListener(counting);
        }
    }

    @Test
    void whatNoTagCanNameIsReadAndWrittenAsWithoutACache() {
        for (var strange : List.of("a\nb", "x".repeat(Tag.MAX_LENGTH))) {
            assertThat(courses.byTeacher(strange, 10)).isEmpty();
            courses.add(new Course(8, strange, "strange"));
            assertThat(courses.byTeacher(strange, 10)).containsExactly(new Course(8, strange, "strange"));
            behind("delete from courses where id = 8");
        }
    }

    @Test
    void whatTheMethodThrowsReachesItsCaller() {
        behind("drop table courses");
        assertThatThrownBy(() -> courses.find(7)).isInstanceOf(UnableToExecuteStatementException.class);
    }

    @Test
    void readsAreCountedByTheirView() {
        stats.reset();
        courses.find(7);
        courses.find(7);
        assertThat(stats.snapshot().stream().filter(view -> view.view().equals("course")))
                .singleElement()
                .extracting(ViewStats::hits, ViewStats::misses)
                .containsExactly(1L, 1L);
    }

    /** What cannot work. */
    interface Mistakes {
        /** One of a kind. */
        interface Unknown {
            @SqlQuery("select 1")
            @Cached(view = "v", tags = "cohort:{cohort}")
            int read(@Bind("cohortId") int id);
        }

        /** One of a kind. */
        interface Shared {
            @SqlQuery("select 1")
            @Cached(view = "v", key = "{a}")
            int read(@Bind("a") int a, @Bind("b") int b);
        }

        /** One of a kind. */
        interface Close {
            @SqlQuery("select 1")
            @Cached(view = "v", key = "{a}{b}")
            int read(@Bind("a") int a, @Bind("b") int b);
        }

        /** One of a kind. */
        interface Once {
            @SqlQuery("select 1")
            @Cached(view = "v")
            Stream<Integer> read();
        }

        /** One of a kind. */
        interface Ttl {
            @SqlQuery("select 1")
            @Cached(view = "v", ttl = "soon")
            int read();
        }

        /** One of a kind. */
        interface Nameless {
            @SqlQuery("select 1")
            @Cached(view = "v")
            int read(@Bind("cache") TagCache cache);
        }

        /** Two of a kind. */
        interface Twins {
            @SqlQuery("select id from courses where teacher = :who")
            @Cached(view = "of")
            List<Long> ofTeacher(@Bind("who") String who);

            @SqlQuery("select id from courses where title = :what")
            @Cached(view = "of")
            List<Long> ofTitle(@Bind("what") String what);
        }

        /** One of a kind. */
        interface Brace {
            @SqlUpdate("select 1")
            @Invalidates("cohort:{id")
            void write(@Bind("id") int id);
        }
    }

    @Test
    void mistakesAreSaidWhenTheObjectIsMade() {
        assertMistake(Mistakes.Unknown.class, "Unknown.read has {cohort}, which names none of its parameters");
        assertMistake(Mistakes.Shared.class, "Shared.read must have {b} in its key");
        assertMistake(Mistakes.Close.class, "Close.read must have one of : / | , ; between two placeholders");
        assertMistake(Mistakes.Once.class, "Once.read cannot be cached, since it returns Stream; return a list");
        assertMistake(Mistakes.Ttl.class, "Ttl.read must be cached for a duration");
        assertMistake(Mistakes.Brace.class, "Brace.write has a brace that belongs to no placeholder in 'cohort:{id'");
        assertMistake(Mistakes.Nameless.class, "Nameless.read cannot write {cache}, since TagCache has no toString");
        assertMistake(Mistakes.Twins.class, "must not have the same keys in view 'of'");
        assertThatThrownBy(() -> plain().withExtension(Courses.class, one -> one.find(7)))
                .hasStackTraceContaining("this Jdbi has none; install a CachePlugin");
    }

    private void assertMistake(Class<?> type, String message) {
        assertThatThrownBy(() -> jdbi.withExtension(type, Object::toString)).hasStackTraceContaining(message);
    }

    private Jdbi plain() {
        return Jdbi.create(database::connection)
                .installPlugin(new SqlObjectPlugin())
                .registerRowMapper(ConstructorMapper.factory(Course.class));
    }

    /** As another process would read it, through the cache. */
    private String courses(long id) {
        var elsewhere = plain().installPlugin(new CachePlugin(cache));
        return elsewhere.withExtension(Courses.class, one -> one.find(id)).title();
    }

    private void behind(String sql) {
        plain().useHandle(handle -> handle.execute(sql));
    }
}
