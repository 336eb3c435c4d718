import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.utils.Utils;

/**
 * Prints keys, their murmur2 hash as computed by Java, and the partitions that its producer chooses:
 * {@code {"key":"BHP","murmur2":-1348813954,"partitions":{"1":0,"3":1,"7":4,"48":46}}}.
 */
final class GoldenPartitions {
    private static final int[] PARTITION_COUNTS = {1, 3, 7, 48};
    private static final String[] ODD_KEYS = {
        "", "a", "ab", "abc", "abcd", "abcde", "BHP", "BHP.AX", "7078", "-1", "2014-03-10", "Zürich",
        "日経225", "€", "🚀", " ", "\u0000", "BRK.B", "ES\u00a0Z6", "x".repeat(1000)
    };

    private GoldenPartitions() {}

    static void run(Options options) throws Exception {
        int keyCount = Integer.parseInt(options.get("--keys", "1000"));
        ObjectMapper mapper = new ObjectMapper();
        StringBuilder out = new StringBuilder();
        for (String key : keys(keyCount)) {
            byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
            ObjectNode line = mapper.createObjectNode();
            line.put("key", key).put("murmur2", Utils.murmur2(bytes));
            ObjectNode partitions = line.putObject("partitions");
            for (int count : PARTITION_COUNTS) {
                partitions.put(
                        Integer.toString(count), BuiltInPartitioner.partitionForKey(bytes, count));
            }
            out.append(line).append('\n');
        }
        System.out.write(out.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    /** The special keys first, then tickers of one to twelve letters; always the same keys. */
    private static List<String> keys(int count) {
        List<String> keys = new ArrayList<>(List.of(ODD_KEYS));
        Random random = new Random(20140310);
        while (keys.size() < count) {
            StringBuilder key = new StringBuilder();
            int length = 1 + random.nextInt(12);
            for (int index = 0; index < length; index++) {
                key.append((char) ('A' + random.nextInt(26)));
            }
            keys.add(key.toString());
        }
        return keys.subList(0, count);
    }
}
