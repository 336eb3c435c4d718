import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * Reads the batches in the broker's own segment files: their compression, producers, and numbers of
 * records and bytes.
 */
final class Batches {
    private Batches() {}

    static void run(Options options) throws Exception {
        Path data = Path.of(options.get("--data", System.getenv("K2_TEST_KAFKA_DATA")));
        String topic = options.get("--topic");
        Tally tally = new Tally();
        for (int partition : Topics.ends(topic).keySet()) {
            Path folder = data.resolve(topic + "-" + partition);
            try (DirectoryStream<Path> segments = Files.newDirectoryStream(folder, "*.log")) {
                for (Path segment : segments) {
                    try (FileRecords records = FileRecords.open(segment.toFile(), false)) {
                        records.batches().forEach(tally::add);
                    }
                }
            }
        }
        System.out.println(tally.json());
    }

    private static final class Tally {
        private final Map<String, Integer> compression = new TreeMap<>();
        private final TreeSet<Long> producerIds = new TreeSet<>();
        private int batches;
        private int controlBatches;
        private int transactional;
        private long records;
        private long bytes;
        private int mostRecords;
        private int mostBytes;

        void add(RecordBatch batch) {
            if (batch.isControlBatch()) {
                controlBatches++;
                return;
            }
            batch.ensureValid();
            batches++;
            compression.merge(batch.compressionType().name, 1, Integer::sum);
            // -1 is the id of every producer that is not idempotent.
            producerIds.add(batch.producerId());
            transactional += batch.isTransactional() ? 1 : 0;
            int count = batch.countOrNull() == null ? 0 : batch.countOrNull();
            records += count;
            bytes += batch.sizeInBytes();
            mostRecords = Math.max(mostRecords, count);
            mostBytes = Math.max(mostBytes, batch.sizeInBytes());
        }

        ObjectNode json() {
            ObjectNode json =
                    new ObjectMapper()
                            .createObjectNode()
                            .put("batches", batches)
                            .put("control_batches", controlBatches)
                            .put("transactional_batches", transactional)
                            .put("records", records)
                            .put("bytes", bytes)
                            .put("most_records", mostRecords)
                            .put("most_bytes", mostBytes);
            ObjectNode kinds = json.putObject("compression");
            compression.forEach(kinds::put);
            producerIds.forEach(json.putArray("producer_ids")::add);
            return json;
        }
    }
}
