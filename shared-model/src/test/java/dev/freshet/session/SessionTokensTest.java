package dev.freshet.session;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.model.Hmac;
import dev.freshet.model.Sha256;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTokensTest {
    private static final String SECRET = "the secret of thirty-two characters and more";
    private static final String NEXT = "the next one of thirty-two characters and more";

    private final SessionTokens tokens = new SessionTokens("app", List.of(SECRET));

    @Test
    void aTokenIsKnownAgainAndNeverTheSame() {
        var seen = new HashSet<String>();
        for (int i = 0; i < 100; i++) {
            var token = tokens.create();
            assertThat(token).matches("s1\\.[A-Za-z0-9_-]{43}\\.[A-Za-z0-9_-]{43}");
            var digest = tokens.digest(token).orElseThrow();
            assertThat(digest).matches("[0-9a-f]{64}");
            assertThat(seen.add(token) && seen.add(digest)).isTrue();
        }
    }

    @Test
    void whatIsStoredDoesNotSayTheToken() {
        var token = tokens.create();
        var id = token.split("\\.", -1)[1];
        assertThat(tokens.digest(token)).contains(Sha256.hex(id.getBytes(UTF_8)));
        var made = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(Hmac.sign(SECRET, ("freshet-session\napp\n" + id).getBytes(UTF_8)));
        assertThat(token).endsWith("." + made);
    }

    @Test
    void whatNobodyHasSignedIsUnknown() {
        var token = tokens.create();
        var forged = new SessionTokens("app", List.of(NEXT)).create();
        assertThat(new SessionTokens("other", List.of(SECRET)).digest(token)).isEmpty();
        var parts = token.split("\\.", -1);
        var id = parts[1];
        var signature = parts[2];
        var otherId = (id.charAt(0) == 'A' ? "B" : "A") + id.substring(1);
        for (var wrong : List.of(
                forged,
                "",
                "s1",
                "s1..",
                "s1." + id,
                "s1." + id + ".",
                "s1." + id + "." + signature.substring(1),
                "s1." + id + "." + signature + "A",
                "s1." + otherId + "." + signature,
                "s2." + id + "." + signature,
                "S1." + id + "." + signature,
                "s1." + signature + "." + id,
                "s1." + id + "." + forged.split("\\.", -1)[2],
                token + "=",
                " " + token,
                token + "\n",
                token.replace('.', ':'),
                "s1." + "é".repeat(43) + "." + signature,
                "x".repeat(100_000))) {
            assertThat(tokens.digest(wrong)).as(wrong).isEmpty();
        }
    }

    @Test
    void theLastDigitOfASignatureHasOneWay() {
        var token = tokens.create();
        var digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        long taken = digits.chars()
                .filter(digit -> tokens.digest(token.substring(0, token.length() - 1) + (char) digit)
                        .isPresent())
                .count();
        assertThat(taken).isEqualTo(1);
    }

    @Test
    void secretsCanBeChanged() {
        var before = tokens.create();
        var between = new SessionTokens("app", List.of(NEXT, SECRET));
        assertThat(between.digest(before)).isEqualTo(tokens.digest(before)).isPresent();
        var after = between.create();
        assertThat(tokens.digest(after)).as("the first one signs").isEmpty();
        assertThat(new SessionTokens("app", List.of(NEXT)).digest(after)).isPresent();
        assertThat(new SessionTokens("app", List.of(NEXT)).digest(before)).isEmpty();
    }

    @Test
    void withoutASecretThereAreNone() {
        var none = new SessionTokens("app", List.of());
        assertThatThrownBy(none::create).hasMessageContaining("no secret");
        assertThat(none.digest(tokens.create())).isEmpty();
    }
}
