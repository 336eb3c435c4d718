import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Administers topics: creates, changes, describes and deletes them. */
final class Topics {
    private Topics() {}

    static void create(Options options) throws Exception {
        int partitions = Integer.parseInt(options.get("--partitions", "1"));
        NewTopic topic =
                options.has("--replicas")
                        ? new NewTopic(options.get("--topic"), Replicas.assignments(options.all("--replicas")))
                        : new NewTopic(options.get("--topic"), partitions, (short) 1);
        try (Admin admin = Witness.admin()) {
            Uuid id =
                    admin.createTopics(List.of(topic.configs(options.pairs("--set"))))
                            .topicId(topic.name())
                            .get();
            await(() -> id.equals(id(admin, topic.name())));
        }
        describe(options);
    }

    static void delete(Options options) throws Exception {
        try (Admin admin = Witness.admin()) {
            String topic = options.get("--topic");
            admin.deleteTopics(List.of(topic)).all().get();
            await(() -> id(admin, topic) == null);
        }
    }

    /** Deletes the records before an offset of one partition, as kafka-delete-records does. */
    static void deleteRecords(Options options) throws Exception {
        TopicPartition partition =
                new TopicPartition(
                        options.get("--topic"), Integer.parseInt(options.get("--partition")));
        RecordsToDelete records =
                RecordsToDelete.beforeOffset(Long.parseLong(options.get("--before")));
        try (Admin admin = Witness.admin()) {
            admin.deleteRecords(Map.of(partition, records)).all().get();
        }
    }

    static void alter(Options options) throws Exception {
        String topic = options.get("--topic");
        try (Admin admin = Witness.admin()) {
            if (options.has("--partitions")) {
                int partitions = Integer.parseInt(options.get("--partitions"));
                admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(partitions)))
                        .all()
                        .get();
            }
            List<AlterConfigOp> changes = new ArrayList<>();
            options.pairs("--set")
                    .forEach(
                            (key, value) ->
                                    changes.add(
                                            new AlterConfigOp(
                                                    new ConfigEntry(key, value),
                                                    AlterConfigOp.OpType.SET)));
            if (!changes.isEmpty()) {
                admin.incrementalAlterConfigs(Map.of(resource(topic), changes)).all().get();
                await(() -> settings(admin, topic).entrySet().containsAll(options.pairs("--set").entrySet()));
            }
        }
        describe(options);
    }

    /** Prints the topic's id, its settings that are not defaults, and the offsets of its partitions. */
    static void describe(Options options) throws Exception {
        String topic = options.get("--topic");
        ObjectNode answer = new ObjectMapper().createObjectNode().put("topic", topic);
        try (Admin admin = Witness.admin()) {
            TopicDescription description =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
            // librdkafka and the protocol have the id as sixteen bytes; this is its usual text.
            answer.put("id", description.topicId().toString());
            ObjectNode settings = answer.putObject("settings");
            settings(admin, topic).forEach(settings::put);
            List<TopicPartition> partitions = partitions(description);
            Map<TopicPartition, Long> first = offsets(admin, partitions, OffsetSpec.earliest());
            Map<TopicPartition, Long> end = offsets(admin, partitions, OffsetSpec.latest());
            for (TopicPartition partition : partitions) {
                answer.withArray("partitions")
                        .addObject()
                        .put("partition", partition.partition())
                        .put("first_offset", first.get(partition))
                        .put("end_offset", end.get(partition));
            }
        }
        System.out.println(answer);
    }

    /** The settings of a topic that are not defaults. */
    private static Map<String, String> settings(Admin admin, String topic) throws Exception {
        return admin
                .describeConfigs(List.of(resource(topic)))
                .all()
                .get()
                .get(resource(topic))
                .entries()
                .stream()
                .filter(entry -> entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG)
                .collect(Collectors.toMap(ConfigEntry::name, ConfigEntry::value));
    }

    /** The id of a topic; null if the broker has no topic of this name. */
    private static Uuid id(Admin admin, String topic) throws Exception {
        try {
            return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).topicId();
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                return null;
            }
            throw failure;
        }
    }

    /** Waits for the broker: the controller answers when a change is decided, and the broker applies it later. */
    static void await(Callable<Boolean> learnt) throws Exception {
        for (long stop = System.nanoTime() + 10_000_000_000L; !learnt.call(); Thread.sleep(5)) {
            if (System.nanoTime() > stop) {
                Witness.fail("error: the broker did not apply the change within 10 s");
            }
        }
    }

    /** The partitions of a topic and their high watermarks, at which a reader stops. */
    static TreeMap<Integer, Long> ends(String topic) throws Exception {
        TreeMap<Integer, Long> ends = new TreeMap<>();
        try (Admin admin = Witness.admin()) {
            List<TopicPartition> partitions =
                    partitions(admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic));
            offsets(admin, partitions, OffsetSpec.latest())
                    .forEach((partition, end) -> ends.put(partition.partition(), end));
        }
        return ends;
    }

    private static List<TopicPartition> partitions(TopicDescription description) {
        return description.partitions().stream()
                .map(info -> new TopicPartition(description.name(), info.partition()))
                .toList();
    }

    private static Map<TopicPartition, Long> offsets(
            Admin admin, List<TopicPartition> partitions, OffsetSpec which) throws Exception {
        Map<TopicPartition, OffsetSpec> asked =
                partitions.stream().collect(Collectors.toMap(partition -> partition, ignored -> which));
        // The high watermark, because the end for committed reads may stay before an open transaction.
        ListOffsetsOptions toHighWatermark = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED);
        return admin.listOffsets(asked, toHighWatermark).all().get().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, answer -> answer.getValue().offset()));
    }

    private static ConfigResource resource(String topic) {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }
}
