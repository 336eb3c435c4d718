import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericFixed;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/**
 * Prints a topic, one line of JSON per message, in the order of partitions and offsets.
 *
 * <p>A key in the registry's wire format is also printed decoded, as {@code avro_key} and {@code key_schema_id}.
 *
 * <p>{@code {"partition":0,"offset":0,"key":"BHP","timestamp":0,"timestamp_type":"CreateTime",
 * "headers":[["name","text"]],"schema_id":1,"value":{...}}}: decimals are text with all digits of
 * their scale, times are the integers on the wire, bytes are hex, unions are their value, and map keys
 * are sorted. For a value that cannot be decoded, {@code error} is the reason and {@code raw} its bytes.
 */
final class Dump {
    private Dump() {}

    static void run(Options options) throws Exception {
        String topic = options.get("--topic");
        try (JsonGenerator out =
                new JsonFactory().createGenerator(new BufferedOutputStream(System.out, 1 << 16))) {
            out.setRootValueSeparator(null);
            for (Map.Entry<Integer, Long> partition : Topics.ends(topic).entrySet()) {
                try (Messages messages =
                        new Messages(topic, partition.getKey(), partition.getValue())) {
                    while (messages.hasNext()) {
                        message(out, messages.next());
                        out.writeRaw('\n');
                    }
                }
            }
        }
    }

    private static void message(JsonGenerator out, ConsumerRecord<byte[], byte[]> record)
            throws IOException {
        out.writeStartObject();
        out.writeNumberField("partition", record.partition());
        out.writeNumberField("offset", record.offset());
        out.writeStringField(
                "key", record.key() == null ? null : new String(record.key(), StandardCharsets.UTF_8));
        avroKey(out, record.key());
        out.writeNumberField("timestamp", record.timestamp());
        out.writeStringField("timestamp_type", record.timestampType().toString());
        headers(out, record);
        try {
            Messages.Value value = Messages.decode(record.value());
            out.writeNumberField("schema_id", value.schemaId());
            out.writeFieldName("value");
            value(out, value.schema(), value.datum());
        } catch (Exception undecodable) {
            out.writeStringField("error", undecodable.toString());
            out.writeStringField(
                    "raw", record.value() == null ? null : HexFormat.of().formatHex(record.value()));
        }
        out.writeEndObject();
    }

    /** Prints a key that begins like the registry's wire format, decoded with the schema of its id. */
    private static void avroKey(JsonGenerator out, byte[] key) throws IOException {
        if (key == null || key.length < 5 || key[0] != 0) {
            return;
        }
        try {
            Messages.Value value = Messages.decode(key);
            out.writeNumberField("key_schema_id", value.schemaId());
            out.writeFieldName("avro_key");
            value(out, value.schema(), value.datum());
        } catch (Exception undecodable) {
            out.writeStringField("key_error", undecodable.toString());
        }
    }

    private static void headers(JsonGenerator out, ConsumerRecord<byte[], byte[]> record)
            throws IOException {
        out.writeArrayFieldStart("headers");
        for (Header header : record.headers()) {
            out.writeStartArray();
            out.writeString(header.key());
            out.writeString(
                    header.value() == null
                            ? null
                            : new String(header.value(), StandardCharsets.UTF_8));
            out.writeEndArray();
        }
        out.writeEndArray();
    }

    private static void value(JsonGenerator out, Schema schema, Object datum) throws IOException {
        switch (schema.getType()) {
            case UNION -> {
                int branch = GenericData.get().resolveUnion(schema, datum);
                value(out, schema.getTypes().get(branch), datum);
            }
            case RECORD -> {
                out.writeStartObject();
                for (Schema.Field field : schema.getFields()) {
                    out.writeFieldName(field.name());
                    value(out, field.schema(), ((GenericRecord) datum).get(field.pos()));
                }
                out.writeEndObject();
            }
            case ARRAY -> {
                out.writeStartArray();
                for (Object element : (List<?>) datum) {
                    value(out, schema.getElementType(), element);
                }
                out.writeEndArray();
            }
            case MAP -> {
                TreeMap<String, Object> sorted = new TreeMap<>();
                ((Map<?, ?>) datum).forEach((key, element) -> sorted.put(key.toString(), element));
                out.writeStartObject();
                for (Map.Entry<String, Object> entry : sorted.entrySet()) {
                    out.writeFieldName(entry.getKey());
                    value(out, schema.getValueType(), entry.getValue());
                }
                out.writeEndObject();
            }
            case BYTES, FIXED -> {
                byte[] bytes = bytes(datum);
                boolean isDecimal = schema.getLogicalType() instanceof LogicalTypes.Decimal;
                out.writeString(
                        isDecimal
                                ? decimal(schema, datum).toPlainString()
                                : HexFormat.of().formatHex(bytes));
            }
            case INT -> out.writeNumber((Integer) datum);
            case LONG -> out.writeNumber((Long) datum);
            case FLOAT -> out.writeNumber((Float) datum);
            case DOUBLE -> out.writeNumber((Double) datum);
            case BOOLEAN -> out.writeBoolean((Boolean) datum);
            case NULL -> out.writeNull();
            case STRING, ENUM -> out.writeString(datum.toString());
        }
    }

    /** The exact number in a decimal's bytes, at the scale of its schema. */
    static BigDecimal decimal(Schema schema, Object datum) {
        int scale = ((LogicalTypes.Decimal) schema.getLogicalType()).getScale();
        return new BigDecimal(new BigInteger(bytes(datum)), scale);
    }

    static byte[] bytes(Object datum) {
        if (datum instanceof GenericFixed fixed) {
            return fixed.bytes();
        }
        ByteBuffer buffer = ((ByteBuffer) datum).duplicate();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
