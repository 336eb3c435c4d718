import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.IndexedRecord;

/**
 * Prints a decoded value as JSON, so that it can be compared with the output of other libraries.
 *
 * <p>At the level of base types, int and long are numbers, float and double are the hex of their bits or
 * {@code NaN}, bytes and fixed are hex, and a union is an object with the branch's name as its key. At the
 * level of meaning, a value with a logical type that Java knows is the text of {@link Logical}.
 */
final class Canonical {
    private final JsonGenerator out;
    private final boolean isMeaning;

    private Canonical(JsonGenerator out, boolean isMeaning) {
        this.out = out;
        this.isMeaning = isMeaning;
    }

    static void writeBase(JsonGenerator out, Schema schema, Object datum) throws IOException {
        new Canonical(out, false).write(schema, datum);
    }

    static void writeMeaning(JsonGenerator out, Schema schema, Object datum) throws IOException {
        new Canonical(out, true).write(schema, datum);
    }

    private void write(Schema schema, Object datum) throws IOException {
        String meaning = isMeaning ? Logical.meaning(schema, datum) : null;
        if (meaning != null) {
            out.writeString(meaning);
            return;
        }
        switch (schema.getType()) {
            case UNION -> {
                Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, datum));
                out.writeStartObject();
                out.writeFieldName(branch.getFullName());
                write(branch, datum);
                out.writeEndObject();
            }
            case RECORD -> {
                out.writeStartObject();
                for (Schema.Field field : schema.getFields()) {
                    out.writeFieldName(field.name());
                    write(field.schema(), ((IndexedRecord) datum).get(field.pos()));
                }
                out.writeEndObject();
            }
            case ARRAY -> {
                out.writeStartArray();
                for (Object element : (List<?>) datum) {
                    write(schema.getElementType(), element);
                }
                out.writeEndArray();
            }
            case MAP -> {
                out.writeStartObject();
                for (Map.Entry<?, ?> entry : ((Map<?, ?>) datum).entrySet()) {
                    out.writeFieldName(entry.getKey().toString());
                    write(schema.getValueType(), entry.getValue());
                }
                out.writeEndObject();
            }
            case BYTES, FIXED -> out.writeString(HexFormat.of().formatHex(Dump.bytes(datum)));
            case INT -> out.writeNumber((Integer) datum);
            case LONG -> out.writeNumber((Long) datum);
            case FLOAT -> out.writeString(bits((Float) datum));
            case DOUBLE -> out.writeString(bits((Double) datum));
            case BOOLEAN -> out.writeBoolean((Boolean) datum);
            case NULL -> out.writeNull();
            case STRING, ENUM -> out.writeString(datum.toString());
        }
    }

    private static String bits(float number) {
        return Float.isNaN(number) ? "NaN" : HexFormat.of().toHexDigits(Float.floatToIntBits(number));
    }

    private static String bits(double number) {
        return Double.isNaN(number) ? "NaN" : HexFormat.of().toHexDigits(Double.doubleToLongBits(number));
    }
}
