import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;

/**
 * Inspects topics with Java's own Kafka and Avro libraries, for tests. They check k2-produce, so they use
 * none of its code. Each command prints JSON and exits with 0, or prints an error and exits with 1.
 *
 * <p>The addresses come from K2_TEST_BOOTSTRAP_SERVERS and K2_TEST_REGISTRY_URL.
 */
final class Witness {
    private static final String USAGE =
            """
            witness create-topic --topic T [--partitions N | --replicas BROKER,...]... [--set KEY=VALUE]...
            witness delete-topic --topic T
            witness delete-records --topic T --partition P --before OFFSET
            witness describe-topic --topic T
            witness alter-topic --topic T [--partitions N] [--set KEY=VALUE]...
            witness move-partition --topic T --partition P --replicas BROKER,...
            witness describe-replicas --topic T
            witness set-quota --client-id C --bytes-per-second N
            witness add-user --user U --password P [--mechanism M]
            witness allow --user U (--topic T | --transactional-id I) --operation O
            witness revoke --user U (--topic T | --transactional-id I) --operation O
            witness register --subject S --schema-file F
            witness dump --topic T
            witness compare --topic T --file F... [--format csv|jsonl] [--schema-file F] [--schema-id N]
                            (--key FIELD | --no-key)
            witness batches --topic T [--data FOLDER]
            witness golden-partitions [--keys N]
            witness golden-decimals
            witness judge                         (see Judge.java)
            witness serve                         (see serve below)
            """;

    private Witness() {}

    public static void main(String[] arguments) throws Exception {
        try {
            if (arguments.length > 0 && arguments[0].equals("serve")) {
                serve();
            } else {
                run(arguments);
            }
        } catch (Failure failure) {
            System.err.println(failure.getMessage().stripTrailing());
            System.exit(1);
        }
    }

    private static void run(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            fail(USAGE);
        }
        Options options = new Options(Arrays.copyOfRange(arguments, 1, arguments.length));
        try {
            switch (arguments[0]) {
                case "create-topic" -> Topics.create(options);
                case "delete-topic" -> Topics.delete(options);
                case "delete-records" -> Topics.deleteRecords(options);
                case "describe-topic" -> Topics.describe(options);
                case "alter-topic" -> Topics.alter(options);
                case "move-partition" -> Replicas.move(options);
                case "describe-replicas" -> Replicas.describe(options);
                case "set-quota" -> Quotas.set(options);
                case "add-user" -> Rights.addUser(options);
                case "allow" -> Rights.allow(options);
                case "revoke" -> Rights.revoke(options);
                case "register" -> Registry.register(options);
                case "dump" -> Dump.run(options);
                case "compare" -> Compare.run(options);
                case "batches" -> Batches.run(options);
                case "golden-partitions" -> GoldenPartitions.run(options);
                case "golden-decimals" -> GoldenDecimals.run();
                case "judge" -> Judge.run();
                default -> fail(USAGE);
            }
        } catch (Options.Missing missing) {
            fail(missing.getMessage() + "\n" + USAGE);
        }
    }

    /**
     * Answers many commands, so that none has to wait for a JVM to start. Each line of standard input is
     * a command's arguments as a JSON array. The command's output is followed by a line with {@code =} and,
     * if the command failed, the reason as a JSON string.
     */
    private static void serve() throws IOException {
        ObjectMapper json = new ObjectMapper();
        PrintStream out = System.out;
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String reason = null;
            System.setOut(new PrintStream(new Unclosed(out), false, StandardCharsets.UTF_8));
            try {
                run(json.readValue(line, String[].class));
            } catch (Exception failure) {
                reason = failure instanceof Failure ? failure.getMessage() : failure.toString();
            }
            System.out.flush();
            out.println("=" + (reason == null ? "" : json.writeValueAsString(reason)));
            out.flush();
        }
    }

    /** Ignores {@code close}: commands close their output, but the next command uses it too. */
    private static final class Unclosed extends FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int start, int length) throws IOException {
            out.write(bytes, start, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    static Admin admin() {
        Properties settings = new Properties();
        settings.setProperty("bootstrap.servers", bootstrapServers());
        settings.setProperty("default.api.timeout.ms", "20000");
        settings.setProperty("request.timeout.ms", "10000");
        return Admin.create(settings);
    }

    static String bootstrapServers() {
        return environment("K2_TEST_BOOTSTRAP_SERVERS");
    }

    static String environment(String name) {
        String value = System.getenv(name);
        if (value == null) {
            fail("error: " + name + " is not set; `tests/stack/run` prints it");
        }
        return value;
    }

    static void fail(String message) {
        throw new Failure(message);
    }

    /** A command failed, or the answer of a check is negative. */
    private static final class Failure extends RuntimeException {
        private static final long serialVersionUID = 1;

        Failure(String message) {
            super(message);
        }
    }
}
