package dev.freshet.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.freshet.limit.ClientAddress.Network;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private final ClientAddress behindProxies = behind("10.0.0.0/8", "192.168.1.7", "fd00::/8");

    @Test
    void withoutTrustedProxiesTheHeaderIsNotBelieved() {
        assertThat(behind().key("203.0.113.9", "198.51.100.1")).isEqualTo("203.0.113.9");
    }

    @Test
    void aPeerThatIsNoProxyIsTheClientWhateverItSays() {
        assertThat(behindProxies.key("203.0.113.9", "198.51.100.1")).isEqualTo("203.0.113.9");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    10.1.2.3     | 198.51.100.1                            | 198.51.100.1
                    10.1.2.3     | 6.6.6.6, 198.51.100.1                   | 198.51.100.1
                    10.1.2.3     | 6.6.6.6, 198.51.100.1, 192.168.1.7      | 198.51.100.1
                    10.1.2.3     | 6.6.6.6, 198.51.100.1 , 10.9.9.9:4711   | 198.51.100.1
                    10.1.2.3     | 10.9.9.9, 10.8.8.8                      | 10.9.9.9
                    10.1.2.3     | unknown, 10.8.8.8                       | 10.8.8.8
                    10.1.2.3     | 1.2.3.4, example.com                    | 10.1.2.3
                    10.1.2.3     | 198.51.100.1:80                         | 198.51.100.1
                    10.1.2.3     | ,                                       | 10.1.2.3
                    10.1.2.3     | ''                                      | 10.1.2.3
                    192.168.1.8  | 198.51.100.1                            | 192.168.1.8
                    ::ffff:10.1.2.3 | 198.51.100.1                         | 198.51.100.1
                    fd00::1      | [2001:db8:1:2:3:4:5:6]:443              | 2001:db8:1:2::/64
                    fd00::1      | 2001:db8:1:2:ffff::1                    | 2001:db8:1:2::/64
                    """)
    void theRightMostHopThatIsNoTrustedProxyIsTheClient(String peer, String header, String client) {
        assertThat(behindProxies.key(peer, header)).isEqualTo(client);
    }

    @Test
    void networksMayEndInsideAByte() {
        var address = behind("172.16.0.0/12");
        assertThat(address.key("172.31.255.255", "198.51.100.1")).isEqualTo("198.51.100.1");
        assertThat(address.key("172.32.0.0", "198.51.100.1")).isEqualTo("172.32.0.0");
        assertThat(behind("0.0.0.0/0").key("9.9.9.9", "8.8.8.8")).isEqualTo("8.8.8.8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "proxy", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0", "300.1.1.1", "::1/129"})
    void whatIsNoNetworkIsRefused(String text) {
        assertThat(Network.parse(text)).isEmpty();
    }

    private static ClientAddress behind(String... proxies) {
        return new ClientAddress(Arrays.stream(proxies)
                .map(proxy -> Network.parse(proxy).orElseThrow())
                .toList());
    }
}
