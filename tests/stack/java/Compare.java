import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

/**
 * Compares every field of every row of the files with the topic. Java's own partitioner assigns each key to a
 * partition; the messages of a partition must be exactly its rows, in the order of the files, without
 * gaps or duplicates, each with the expected schema id. Rows and messages are streamed, so a million of
 * them need little memory.
 *
 * <p>Without keys ({@code --no-key}) a row may be the next message of any partition.
 */
final class Compare {
    private final String keyField;
    private final Integer expectedId;
    private final Schema expectedSchema;
    private final List<Messages> partitions = new ArrayList<>();
    private final TreeSet<Integer> schemaIds = new TreeSet<>();
    private Meaning meaning;
    private long rows;
    private long records;
    private long mismatches;
    private String firstMismatch;

    private Compare(Options options) throws Exception {
        keyField = options.has("--no-key") ? null : options.get("--key");
        expectedId = options.has("--schema-id") ? Integer.valueOf(options.get("--schema-id")) : null;
        expectedSchema =
                options.has("--schema-file")
                        ? new Schema.Parser().parse(Files.readString(Path.of(options.get("--schema-file"))))
                        : null;
        String topic = options.get("--topic");
        for (Map.Entry<Integer, Long> partition : Topics.ends(topic).entrySet()) {
            partitions.add(new Messages(topic, partition.getKey(), partition.getValue()));
        }
    }

    /** Prints the verdict; exits with 1 if anything differs. */
    static void run(Options options) throws Exception {
        options.get("--file");
        Compare compare = new Compare(options);
        for (String file : options.all("--file")) {
            boolean isCsv =
                    options.get("--format", file.endsWith(".csv") ? "csv" : "jsonl").equals("csv");
            compare.file(Path.of(file), isCsv);
        }
        compare.rest();
        System.out.println(compare.verdict());
        if (compare.mismatches > 0) {
            Witness.fail("error: " + compare.mismatches + " mismatches");
        }
    }

    private void file(Path file, boolean isCsv) throws Exception {
        meaning = new Meaning(isCsv);
        try (FileRows input = new FileRows(file, isCsv)) {
            while (input.hasNext()) {
                FileRows.Row row = input.next();
                rows++;
                if (keyField == null) {
                    anywhere(row);
                } else {
                    atItsKey(row);
                }
            }
        }
    }

    private void atItsKey(FileRows.Row row) throws Exception {
        JsonNode value = row.get(keyField);
        if (value == null || value.isNull()) {
            mismatch(row.where() + ": no key in `" + keyField + "`");
            return;
        }
        String key = value.isNumber() ? new BigDecimal(value.asText()).toBigInteger().toString() : value.asText();
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        int partition = BuiltInPartitioner.partitionForKey(bytes, partitions.size());
        Messages messages = partitions.get(partition);
        if (!messages.hasNext()) {
            mismatch(row.where() + ": missing at the end of partition " + partition);
            return;
        }
        ConsumerRecord<byte[], byte[]> message = messages.next();
        records++;
        String difference =
                Arrays.equals(bytes, message.key())
                        ? difference(row, message)
                        : "the key is not `" + key + "` but `" + text(message.key()) + "`";
        if (difference != null) {
            mismatch(row.where() + ", " + place(message) + ": " + difference);
        }
    }

    private void anywhere(FileRows.Row row) throws Exception {
        String difference = "no message is left";
        for (Messages messages : partitions) {
            ConsumerRecord<byte[], byte[]> message = messages.peek();
            if (message == null) {
                continue;
            }
            difference = message.key() == null ? difference(row, message) : "the message has a key";
            if (difference == null) {
                messages.next();
                records++;
                return;
            }
        }
        mismatch(row.where() + ": no partition has this row as its next message: " + difference);
    }

    private String difference(FileRows.Row row, ConsumerRecord<byte[], byte[]> message) throws Exception {
        Messages.Value value = Messages.decode(message.value());
        if (schemaIds.add(value.schemaId())
                && expectedSchema != null
                && !expectedSchema.equals(value.schema())) {
            return "schema " + value.schemaId() + " is not the expected schema: " + value.schema();
        }
        if (expectedId != null && expectedId != value.schemaId()) {
            return "schema id " + value.schemaId() + " instead of " + expectedId;
        }
        GenericRecord record = (GenericRecord) value.datum();
        Schema.Field field = meaning.firstDifference(row, record);
        return field == null
                ? null
                : "`" + field.name() + "` is `" + row.get(field.name()) + "` in the file, `"
                        + record.get(field.pos()) + "` on the topic";
    }

    /** Reports messages on the topic that are not in the files. */
    private void rest() {
        for (Messages messages : partitions) {
            while (messages.hasNext()) {
                ConsumerRecord<byte[], byte[]> message = messages.next();
                records++;
                mismatch(place(message) + ": a message without a row");
            }
            messages.close();
        }
    }

    private void mismatch(String what) {
        mismatches++;
        if (firstMismatch == null) {
            firstMismatch = what;
        }
    }

    private ObjectNode verdict() {
        ObjectNode verdict =
                new ObjectMapper()
                        .createObjectNode()
                        .put("rows", rows)
                        .put("records", records)
                        .put("mismatches", mismatches)
                        .put("first_mismatch", firstMismatch);
        schemaIds.forEach(verdict.putArray("schema_ids")::add);
        return verdict;
    }

    private static String place(ConsumerRecord<byte[], byte[]> message) {
        return "partition " + message.partition() + " offset " + message.offset();
    }

    private static String text(byte[] key) {
        return key == null ? "null" : new String(key, StandardCharsets.UTF_8);
    }
}
