package dev.freshet.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.freshet.limit.Operators.Refused;
import dev.freshet.settings.SettingException;
import dev.freshet.settings.Settings;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OperatorsTest {
    private static final ClientAddress NO_PROXIES = new ClientAddress(List.of());

    private final Operators here = new Operators(List.of(), NO_PROXIES, RequestLimit.NONE);
    private final Operators holders = new Operators(List.of("old", "new"), NO_PROXIES, RequestLimit.NONE);

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.8.0.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"})
    void withoutATokenThisMachineIsLetIn(String peer) {
        assertThat(ask(here, peer)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "192.168.1.7", "203.0.113.9", "fe80::1", "2001:db8::1", "localhost", "", "127"})
    void withoutATokenNobodyElseIs(String peer) {
        assertThat(ask(here, peer)).map(Refused::status).contains(403);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For", "Forwarded", "Via", "X-Real-IP", "X-Forwarded-Proto"})
    void aProxyOnThisMachineAsksForSomebodyElse(String header) {
        assertThat(ask(here, "127.0.0.1", header, "")).map(Refused::error).contains("closed");
    }

    @ParameterizedTest
    @CsvSource({"203.0.113.9,Bearer old", "203.0.113.9,bearer new", "127.0.0.1,Bearer  new"})
    void aTokenLetsInFromAnywhere(String peer, String authorization) {
        assertThat(ask(holders, peer, "Authorization", authorization)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Bearer ol", "Bearer old2", "Bearer OLD", "Bearer old,new", "Bearer \u00e4"})
    void anyOtherTokenDoesNot(String authorization) {
        assertThat(ask(holders, "127.0.0.1", "Authorization", authorization))
                .map(Refused::error)
                .contains("token_wrong");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "Bearer", "Bearer ", "Basic b2xk", "old"})
    void whereATokenIsNeededThisMachineNeedsItToo(String authorization) {
        assertThat(ask(holders, "127.0.0.1", "Authorization", authorization))
                .map(Refused::error)
                .contains("token_missing");
        assertThat(ask(holders, "127.0.0.1")).map(Refused::error).contains("token_missing");
    }

    @Test
    void ofTwoTokensNoneCounts() {
        var headers = Map.of("Authorization", List.of("Bearer old", "Bearer new"));
        assertThat(holders.refuse("127.0.0.1", name -> headers.getOrDefault(name, List.of())))
                .map(Refused::status)
                .contains(401);
    }

    @Test
    void whoGuessesIsToldToWaitAndWhoKnowsIsNot() {
        var limit = RequestLimits.local(Duration.ofHours(1)).of("refused", 2);
        var operators = new Operators(List.of("old"), NO_PROXIES, limit);
        for (int status : new int[] {401, 401, 429}) {
            assertThat(ask(operators, "203.0.113.9", "Authorization", "Bearer guess"))
                    .map(Refused::status)
                    .contains(status);
        }
        assertThat(ask(operators, "203.0.113.9", "Authorization", "Bearer guess"))
                .hasValueSatisfying(refused -> assertThat(refused.pause()).isPresent());
        assertThat(ask(operators, "203.0.113.9", "Authorization", "Bearer old")).isEmpty();
    }

    @Test
    void aTokenThatCannotBeSentIsNoToken() {
        assertThatThrownBy(() -> Operators.tokens(new Settings(Map.of("ADMIN_TOKEN", "fine,not fine"))))
                .isInstanceOf(SettingException.class)
                .hasMessageContaining("ADMIN_TOKEN has a token that cannot be sent")
                .hasMessageNotContaining("not fine");
    }

    private static Optional<Refused> ask(Operators operators, String peer, String... headers) {
        var all = new HashMap<String, List<String>>();
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], List.of(headers[i + 1]));
        }
        return operators.refuse(peer, name -> all.getOrDefault(name, List.of()));
    }
}
