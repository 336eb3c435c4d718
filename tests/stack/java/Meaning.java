import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;

/** Checks that a datum has exactly the value in the file, with Java's own parsing of numbers and times. */
final class Meaning {
    private final boolean isCsv;

    Meaning(boolean isCsv) {
        this.isCsv = isCsv;
    }

    /** Returns the first field with a value other than the row's; null if all are equal. */
    Schema.Field firstDifference(FileRows.Row row, GenericRecord record) throws IOException {
        for (Schema.Field field : record.getSchema().getFields()) {
            if (!fieldFits(field, row.get(field.name()), record.get(field.pos()))) {
                return field;
            }
        }
        return null;
    }

    private boolean fieldFits(Schema.Field field, JsonNode expected, Object datum) throws IOException {
        boolean isEmptyCell = isCsv && expected != null && expected.isNull();
        if (expected == null || (isEmptyCell && !field.schema().isNullable())) {
            if (field.hasDefaultValue()) {
                return java.util.Objects.equals(GenericData.get().getDefaultValue(field), datum);
            }
            return isEmptyCell
                    && field.schema().getType() == Schema.Type.STRING
                    && datum.toString().isEmpty();
        }
        return fits(field.schema(), expected, datum);
    }

    private boolean fits(Schema schema, JsonNode expected, Object datum) throws IOException {
        return switch (schema.getType()) {
            case NULL -> expected.isNull();
            case UNION -> unionFits(schema, expected, datum);
            case RECORD -> recordFits(json(expected), (GenericRecord) datum);
            case ARRAY -> arrayFits(schema.getElementType(), json(expected), (List<?>) datum);
            case MAP -> mapFits(schema.getValueType(), json(expected), (Map<?, ?>) datum);
            case STRING ->
                    expected.isTextual()
                            && (schema.getLogicalType() == null
                                    ? expected.textValue().equals(datum.toString())
                                    : expected.textValue().equalsIgnoreCase(datum.toString()));
            case ENUM -> expected.isTextual() && expected.textValue().equals(datum.toString());
            case BOOLEAN -> text(expected).equalsIgnoreCase(datum.toString());
            case INT, LONG -> integer(schema, expected).compareTo(new BigDecimal(datum.toString())) == 0;
            case FLOAT -> same(Float.parseFloat(text(expected)), (Float) datum);
            case DOUBLE -> same(Double.parseDouble(text(expected)), (Double) datum);
            case BYTES, FIXED -> decimalFits(schema, expected, datum);
        };
    }

    private boolean unionFits(Schema schema, JsonNode expected, Object datum) throws IOException {
        if (expected.isNull() || datum == null) {
            return expected.isNull() && datum == null;
        }
        Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, datum));
        // Avro's own JSON names the branch: {"string": "x"}.
        boolean isWrapped = expected.isObject() && expected.size() == 1 && expected.has(branch.getFullName());
        return fits(branch, isWrapped ? expected.get(branch.getFullName()) : expected, datum);
    }

    private boolean recordFits(JsonNode expected, GenericRecord datum) throws IOException {
        for (Schema.Field field : datum.getSchema().getFields()) {
            if (!fieldFits(field, expected.get(field.name()), datum.get(field.pos()))) {
                return false;
            }
        }
        return expected.isObject();
    }

    private boolean arrayFits(Schema element, JsonNode expected, List<?> datum) throws IOException {
        if (!expected.isArray() || expected.size() != datum.size()) {
            return false;
        }
        for (int index = 0; index < datum.size(); index++) {
            if (!fits(element, expected.get(index), datum.get(index))) {
                return false;
            }
        }
        return true;
    }

    private boolean mapFits(Schema value, JsonNode expected, Map<?, ?> datum) throws IOException {
        if (!expected.isObject() || expected.size() != datum.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : datum.entrySet()) {
            JsonNode one = expected.get(entry.getKey().toString());
            if (one == null || !fits(value, one, entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean decimalFits(Schema schema, JsonNode expected, Object datum) {
        if (!(schema.getLogicalType() instanceof LogicalTypes.Decimal)) {
            throw new IllegalArgumentException("bytes other than decimals are not supported here");
        }
        BigDecimal number = Dump.decimal(schema, datum);
        boolean isMinimal =
                schema.getType() == Schema.Type.FIXED
                        || number.unscaledValue().toByteArray().length == Dump.bytes(datum).length;
        return isMinimal && new BigDecimal(text(expected)).compareTo(number) == 0;
    }

    /** Parses a number, or a time in the unit of the schema, never through a double. */
    private static BigDecimal integer(Schema schema, JsonNode expected) {
        String text = text(expected);
        String logical = schema.getLogicalType() == null ? "" : schema.getLogicalType().getName();
        if (logical.isEmpty() || text.matches("[+-]?\\d+")) {
            return new BigDecimal(text);
        }
        return switch (logical) {
            case "date" -> BigDecimal.valueOf(LocalDate.parse(text).toEpochDay());
            case "time-millis" -> seconds(LocalTime.parse(text)).movePointRight(3);
            case "time-micros" -> seconds(LocalTime.parse(text)).movePointRight(6);
            case "timestamp-millis" -> seconds(text).movePointRight(3);
            case "timestamp-micros" -> seconds(text).movePointRight(6);
            case "timestamp-nanos" -> seconds(text).movePointRight(9);
            default -> throw new IllegalArgumentException(logical + " is not supported here");
        };
    }

    private static BigDecimal seconds(String text) {
        Instant instant = OffsetDateTime.parse(text.replace(' ', 'T')).toInstant();
        return BigDecimal.valueOf(instant.getEpochSecond())
                .add(BigDecimal.valueOf(instant.getNano(), 9));
    }

    private static BigDecimal seconds(LocalTime time) {
        return BigDecimal.valueOf(time.toNanoOfDay(), 9);
    }

    // Compared by value: -0 equals 0 (the JSON reader does not keep the sign), and NaN equals NaN.
    private static boolean same(double expected, double datum) {
        return expected == datum || (Double.isNaN(expected) && Double.isNaN(datum));
    }

    /** The text in the file; a JSON number keeps its digits. */
    static String text(JsonNode expected) {
        return expected.isNumber() ? expected.decimalValue().toString() : expected.asText();
    }

    private JsonNode json(JsonNode expected) throws IOException {
        return isCsv && expected instanceof TextNode
                ? FileRows.EXACT_JSON.readTree(expected.textValue())
                : expected;
    }
}
