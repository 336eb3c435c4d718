import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * Reads the committed messages of one partition in order, from its start to its high watermark at the time
 * of the call, and decodes their values with Avro's generic reader.
 */
final class Messages implements Iterator<ConsumerRecord<byte[], byte[]>>, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final KafkaConsumer<byte[], byte[]> consumer;
    private final TopicPartition partition;
    private final long end;
    private Iterator<ConsumerRecord<byte[], byte[]>> polled = Collections.emptyIterator();
    private ConsumerRecord<byte[], byte[]> next;

    Messages(String topic, int partition, long end) {
        Properties settings = new Properties();
        settings.setProperty("bootstrap.servers", Witness.bootstrapServers());
        settings.setProperty("isolation.level", "read_committed");
        settings.setProperty("allow.auto.create.topics", "false");
        settings.setProperty("max.poll.records", "5000");
        this.consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        this.partition = new TopicPartition(topic, partition);
        this.end = end;
        consumer.assign(List.of(this.partition));
        consumer.seekToBeginning(List.of(this.partition));
    }

    @Override
    public boolean hasNext() {
        if (next == null) {
            next = fetch();
        }
        return next != null;
    }

    /** The message that {@code next} will return; null at the end. */
    ConsumerRecord<byte[], byte[]> peek() {
        return hasNext() ? next : null;
    }

    @Override
    public ConsumerRecord<byte[], byte[]> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        ConsumerRecord<byte[], byte[]> record = next;
        next = null;
        return record;
    }

    /**
     * The position determines the end, not an empty poll: transaction markers and aborted messages take
     * offsets too, and a slow broker returns nothing at first.
     */
    private ConsumerRecord<byte[], byte[]> fetch() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!polled.hasNext()) {
            if (consumer.position(partition) >= end) {
                return null;
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        partition + " returned nothing for " + PATIENCE.toSeconds() + " s at offset "
                                + consumer.position(partition) + ", before its end at " + end);
            }
            polled = consumer.poll(Duration.ofMillis(500)).iterator();
        }
        ConsumerRecord<byte[], byte[]> record = polled.next();
        // Messages that arrived after the end was determined are not part of this answer.
        return record.offset() < end ? record : null;
    }

    @Override
    public void close() {
        consumer.close();
    }

    /** Decodes a value in the registry's wire format: a zero byte, the schema's id, the datum. */
    record Value(int schemaId, Schema schema, Object datum) {}

    /** Decodes the whole message with the schema of its id. */
    static Value decode(byte[] bytes) throws Exception {
        if (bytes == null || bytes.length < 5 || bytes[0] != 0) {
            throw new IOException("the value is not in the registry's wire format");
        }
        int id = ByteBuffer.wrap(bytes).getInt(1);
        Schema schema = Registry.schema(id);
        BinaryDecoder decoder =
                DecoderFactory.get().binaryDecoder(bytes, 5, bytes.length - 5, null);
        // Without conversions of logical types, so that the values are those on the wire.
        Object datum =
                new GenericDatumReader<Object>(schema, schema, new GenericData()).read(null, decoder);
        if (!decoder.isEnd()) {
            throw new IOException("bytes are left over after the datum");
        }
        return new Value(id, schema, datum);
    }
}
