package dev.freshet.worker.frontend;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReachTest {
    @ParameterizedTest
    @CsvSource({
        "http://169.254.169.254/latest, 169.254.169.254",
        "http://metadata.internal, 169.254.169.254",
        "http://[fe80::1]:3000, fe80::1",
        "http://[::ffff:169.254.169.254], 169.254.169.254",
        "https://app.example.com, 169.254.170.2",
        "http://0.0.0.0:3000, 0.0.0.0",
        "http://224.0.0.1, 224.0.0.1"
    })
    void whereNoFrontEndCanBeNobodyIsCalledWhateverIsConfigured(URI url, String address) {
        assertThatThrownBy(() -> reach(address, true).require(url))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("calls to link-local addresses are not made");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.0.0.7",
                "172.16.1.1",
                "192.168.1.1",
                "127.0.0.1",
                "100.64.3.4",
                "::1",
                "fd00::7",
                "::ffff:10.0.0.7"
            })
    void aPublicNameMayStandForAPrivateAddressOnlyIfSomebodySaidSo(String address) throws Exception {
        var url = URI.create("https://app.example.com/api/revalidate");
        assertThatThrownBy(() -> reach(address, false).require(url))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("app.example.com resolves to the private address")
                .hasMessageContaining("CALLBACK_PRIVATE=true");
        assertThatCode(() -> reach(address, true).require(url)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "http://10.0.0.7:3000, 10.0.0.7",
        "http://[fd00::7]:3000, fd00::7",
        "http://localhost:3000, 127.0.0.1",
        "http://dashboard:3000, 172.18.0.4",
        "http://dashboard.default.svc:3000, 10.1.2.3",
        "http://dashboard.default.svc.cluster.local:3000, 10.1.2.3",
        "http://Web.Internal, 10.1.2.3",
        "https://app.example.com, 203.0.113.7"
    })
    void aPrivateAddressOrANameOfTheOwnNetworkIsConfiguredToBePrivate(URI url, String address) {
        assertThatCode(() -> reach(address, false).require(url)).doesNotThrowAnyException();
    }

    @Test
    void oneOfSeveralAddressesIsEnoughToRefuse() {
        var mixed = new Reach(
                host -> new InetAddress[] {InetAddress.getByName("203.0.113.7"), InetAddress.getByName("10.0.0.7")},
                false);
        assertThatThrownBy(() -> mixed.require(URI.create("https://app.example.com")))
                .isInstanceOf(IOException.class);
    }

    private static Reach reach(String address, boolean isPrivateAllowed) {
        return new Reach(host -> resolve(address), isPrivateAllowed);
    }

    private static InetAddress[] resolve(String address) throws UnknownHostException {
        return new InetAddress[] {InetAddress.getByName(address)};
    }
}
