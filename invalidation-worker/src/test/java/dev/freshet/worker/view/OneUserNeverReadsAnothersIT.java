package dev.freshet.worker.view;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Many users ask at the same time for what is theirs and for what is not, in whatever words they like. */
class OneUserNeverReadsAnothersIT {
    private static final int PAIRS = 1_000;
    private static final int READERS = 8;
    private static final List<String> ALPHABET = List.of(
            "a", "A", "7", ":", "%", "%3A", "/", "|", ",", ";", "{", "}", "*", "?", "&", "=", "+", " ", "@", "ö",
            "\u0308", "🦊", "member", "tenant");

    private final Random random = new Random(7);

    private record User(String tenant, String member) {
        String[] header(String etag) {
            var bearer = Members.bearer(Members.token(json(tenant), json(member)));
            return etag.isEmpty() ? bearer : new String[] {bearer[0], bearer[1], "If-None-Match", etag};
        }

        private static String json(String text) {
            var quoted = JSON.valueToTree(text).toString();
            return quoted.substring(1, quoted.length() - 1);
        }
    }

    private static final JsonMapper JSON = new JsonMapper();

    @Test
    void whateverTheyAskFor() throws Exception {
        try (var library = Members.library();
                var readers = Executors.newFixedThreadPool(READERS)) {
            var desk = Members.open(library);
            var asked = new ArrayList<Callable<Void>>();
            for (int i = 0; i < PAIRS; i++) {
                var one = user();
                var other = random.nextInt(10) == 0 ? one : user();
                var query = query(other);
                asked.add(() -> {
                    ask(desk, one, other, query);
                    return null;
                });
            }
            int done = 0;
            for (var answer : readers.invokeAll(asked)) {
                answer.get();
                done++;
            }
            assertThat(done).isEqualTo(PAIRS);
        }
    }

    private static void ask(Library.Desk desk, User one, User other, String query) throws IOException {
        var mine = desk.get("/api/account", one.header(""));
        assertIs(mine, one);
        var theirs = desk.get("/api/account", other.header(mine.header("ETag")));
        if (one.equals(other)) {
            assertThat(theirs.status()).isEqualTo(304);
        } else {
            assertIs(theirs, other);
        }
        var attempt = desk.get("/api/account?" + query, one.header(theirs.header("ETag")));
        switch (attempt.status()) {
            case 200 -> assertIs(attempt, one);
            case 304 -> assertThat(one).as("nothing new of their own").isEqualTo(other);
            default -> assertThat(attempt.status()).as(query).isEqualTo(400);
        }
    }

    private static void assertIs(Library.Reply reply, User user) throws IOException {
        assertThat(reply.status()).as(user.toString()).isEqualTo(200);
        Map<String, Object> value = JSON.readerForMapOf(Object.class).readValue(reply.text());
        assertThat(value).containsEntry("tenant", user.tenant).containsEntry("member", user.member);
    }

    /** Few letters, so that many are nearly the same. */
    private User user() {
        return new User(name(), name());
    }

    private String name() {
        var name = new StringBuilder();
        do {
            name.append(ALPHABET.get(random.nextInt(ALPHABET.size())));
        } while (random.nextInt(3) > 0);
        return name.toString().isBlank() ? "x" : name.toString();
    }

    /** What somebody might try who wants to be another. */
    private String query(User other) {
        var parts = new HashMap<String, String>();
        for (var name :
                List.of("member", "tenant", "sub", "page", "Member", "claims[sub]", "member[]", "params.member")) {
            if (random.nextInt(3) == 0) {
                parts.put(name, name.equals("page") ? String.valueOf(random.nextInt(5)) : other.member);
            }
        }
        var query = new ArrayList<String>();
        parts.forEach((name, value) -> query.add(encode(name) + "=" + encode(value)));
        return String.join("&", query);
    }

    /** Sometimes more of it than is needed. */
    private String encode(String text) {
        if (random.nextInt(3) > 0) {
            return URLEncoder.encode(text, UTF_8);
        }
        var all = new StringBuilder();
        for (var octet : text.getBytes(UTF_8)) {
            all.append("%%%02x".formatted(octet));
        }
        return all.toString();
    }
}
