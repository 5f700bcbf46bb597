package dev.freshet.worker.run;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.Map;

/**
 * What a worker says of itself over HTTP.
 *
 * @param status 0 when nobody answers
 * @param away the dependency that it misses, or empty
 */
record WorkerHealth(int status, String away) {
    private static final JsonMapper JSON = new JsonMapper();

    static WorkerHealth of(Map<String, String> environment) {
        try {
            var url = URI.create("http://127.0.0.1:" + environment.get("WORKER_PORT") + "/health");
            var connection = (HttpURLConnection) url.toURL().openConnection();
            connection.setReadTimeout(5_000);
            int status = connection.getResponseCode();
            try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                return new WorkerHealth(status, JSON.readTree(body).path("away").asText());
            }
        } catch (IOException e) {
            return new WorkerHealth(0, "");
        }
    }
}
