package dev.freshet.ingest;

import dev.freshet.ingest.SignatureScheme.Sent;
import dev.freshet.ingest.SignatureScheme.Verdict;
import dev.freshet.model.Hmac;
import dev.freshet.testing.Samples;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What a delivery costs before it is enqueued. */
@State(Scope.Benchmark)
public class ReceiveMicro {
    private static final String SECRET = "a secret of usual length";

    private final byte[] body = Samples.bytes("enrollment.created");
    private final List<String> signatures = List.of(Hmac.signHex(SECRET, body));
    private final Sent sent = new Sent(name -> signatures, "POST", "/webhooks/thinkific", body);
    private final List<String> secrets = List.of(SECRET);

    @Benchmark
    public boolean verify() {
        return SignatureScheme.THINKIFIC.verify(sent, secrets, Instant.EPOCH) == Verdict.VALID;
    }

    @Benchmark
    public Object envelope() {
        return Envelope.read(body, Form.EVENT, Map.of());
    }
}
