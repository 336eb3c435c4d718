import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.ElectionNotNeededException;

/** The brokers that hold the partitions of a topic. */
final class Replicas {
    private Replicas() {}

    /** The brokers in one text for each partition, such as {@code 2,3,1}; the first is the preferred leader. */
    static Map<Integer, List<Integer>> assignments(List<String> texts) {
        Map<Integer, List<Integer>> assignments = new HashMap<>();
        for (String text : texts) {
            assignments.put(assignments.size(), brokers(text));
        }
        return assignments;
    }

    private static List<Integer> brokers(String text) {
        return Arrays.stream(text.split(",")).map(Integer::valueOf).toList();
    }

    /** Assigns other brokers to a partition and makes the first of them its leader, as Kafka's own tools do. */
    static void move(Options options) throws Exception {
        TopicPartition partition =
                new TopicPartition(
                        options.get("--topic"), Integer.parseInt(options.get("--partition")));
        List<Integer> brokers = brokers(options.get("--replicas"));
        try (Admin admin = Witness.admin()) {
            NewPartitionReassignment target = new NewPartitionReassignment(brokers);
            admin.alterPartitionReassignments(Map.of(partition, Optional.of(target))).all().get();
            Topics.await(() -> admin.listPartitionReassignments(Set.of(partition)).reassignments().get().isEmpty());
            try {
                admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).all().get();
            } catch (ExecutionException failure) {
                if (!(failure.getCause() instanceof ElectionNotNeededException)) {
                    throw failure;
                }
            }
            Topics.await(() -> leader(admin, partition) == brokers.get(0));
        }
    }

    /** Prints the leader of each partition, or null, and how many replicas are in sync. No leader is asked. */
    static void describe(Options options) throws Exception {
        String topic = options.get("--topic");
        ArrayNode partitions = new ObjectMapper().createArrayNode();
        try (Admin admin = Witness.admin()) {
            for (TopicPartitionInfo info :
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
                partitions
                        .addObject()
                        .put("leader", info.leader() == null ? null : info.leader().id())
                        .put("in_sync", info.isr().size());
            }
        }
        System.out.println(partitions);
    }

    private static int leader(Admin admin, TopicPartition partition) throws Exception {
        String topic = partition.topic();
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()
                .get(partition.partition()).leader().id();
    }
}
