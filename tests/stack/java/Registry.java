import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;

/** A client for the registry's Confluent API: registers schemas and fetches them by id. */
final class Registry {
    private static final ObjectMapper JSON = new ObjectMapper();
    // The registry is on loopback, so the environment's proxies are ignored.
    private static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .proxy(HttpClient.Builder.NO_PROXY)
                    .connectTimeout(Duration.ofSeconds(10))
                    .build();
    private static final Map<Integer, Schema> SCHEMAS = new HashMap<>();

    private Registry() {}

    /** Prints subject, version and id. */
    static void register(Options options) throws Exception {
        String subject = options.get("--subject");
        ObjectNode body = JSON.createObjectNode();
        body.put("schema", Files.readString(Path.of(options.get("--schema-file"))));
        HttpRequest.Builder post =
                request("/subjects/" + subject + "/versions")
                        .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                        .POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        int id = answer(post).get("id").asInt();
        JsonNode latest = answer(request("/subjects/" + subject + "/versions/latest"));
        System.out.println(
                JSON.createObjectNode()
                        .put("subject", subject)
                        .put("version", latest.get("version").asInt())
                        .put("id", id));
    }

    static Schema schema(int id) throws Exception {
        Schema known = SCHEMAS.get(id);
        if (known == null) {
            known = parse(new Schema.Parser(), answer(request("/schemas/ids/" + id)));
            SCHEMAS.put(id, known);
        }
        return known;
    }

    /** Parses a schema after its references, each of them once. */
    private static Schema parse(Schema.Parser parser, JsonNode registered) throws Exception {
        for (JsonNode reference : registered.path("references")) {
            if (!parser.getTypes().containsKey(reference.get("name").asText())) {
                String subject = URLEncoder.encode(reference.get("subject").asText(), UTF_8);
                String version = reference.get("version").asText();
                parse(parser, answer(request("/subjects/" + subject + "/versions/" + version)));
            }
        }
        return parser.parse(registered.get("schema").asText());
    }

    private static HttpRequest.Builder request(String path) {
        String base = Witness.environment("K2_TEST_REGISTRY_URL");
        return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(20));
    }

    private static JsonNode answer(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> response =
                HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(
                    response.uri() + " answered " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }
}
