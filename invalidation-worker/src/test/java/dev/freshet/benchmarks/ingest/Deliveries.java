package dev.freshet.benchmarks.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.freshet.model.Hmac;
import dev.freshet.testing.Samples;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Requests as Thinkific sends them, whole and signed: the sample of a new enrollment, each with an id of its own. */
final class Deliveries {
    static final String SECRET = "benchmark";
    private static final String PATH = "/webhooks/thinkific";
    private static final JsonMapper JSON = new JsonMapper();

    private final ObjectNode sample;
    private long made;

    Deliveries() throws IOException {
        this.sample = (ObjectNode) JSON.readTree(Samples.bytes("enrollment.created"));
    }

    /** The next ones, all new. */
    byte[][] next(int count) throws IOException {
        var requests = new byte[count][];
        for (int i = 0; i < count; i++) {
            requests[i] = one();
        }
        return requests;
    }

    private byte[] one() throws IOException {
        var body = JSON.writeValueAsBytes(sample.put("id", String.valueOf(20190227155000000L + made++)));
        var head = "POST " + PATH + " HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: Thinkific\r\n"
                + "Content-Type: application/json\r\nX-Thinkific-Hmac-Sha256: " + Hmac.signHex(SECRET, body)
                + "\r\nContent-Length: " + body.length + "\r\n\r\n";
        var request = new ByteArrayOutputStream(head.length() + body.length);
        request.writeBytes(head.getBytes(US_ASCII));
        request.writeBytes(body);
        return request.toByteArray();
    }
}
