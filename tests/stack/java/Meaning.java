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

    private boolean fieldFits(Schema.Field field, JsonNode said, Object datum) throws IOException {
        boolean isEmptyCell = isCsv && said != null && said.isNull();
        if (said == null || (isEmptyCell && !field.schema().isNullable())) {
            if (field.hasDefaultValue()) {
                return java.util.Objects.equals(GenericData.get().getDefaultValue(field), datum);
            }
            return isEmptyCell
                    && field.schema().getType() == Schema.Type.STRING
                    && datum.toString().isEmpty();
        }
        return fits(field.schema(), said, datum);
    }

    private boolean fits(Schema schema, JsonNode said, Object datum) throws IOException {
        return switch (schema.getType()) {
            case NULL -> said.isNull();
            case UNION -> unionFits(schema, said, datum);
            case RECORD -> recordFits(json(said), (GenericRecord) datum);
            case ARRAY -> arrayFits(schema.getElementType(), json(said), (List<?>) datum);
            case MAP -> mapFits(schema.getValueType(), json(said), (Map<?, ?>) datum);
            case STRING ->
                    said.isTextual()
                            && (schema.getLogicalType() == null
                                    ? said.textValue().equals(datum.toString())
                                    : said.textValue().equalsIgnoreCase(datum.toString()));
            case ENUM -> said.isTextual() && said.textValue().equals(datum.toString());
            case BOOLEAN -> text(said).equalsIgnoreCase(datum.toString());
            case INT, LONG -> integer(schema, said).compareTo(new BigDecimal(datum.toString())) == 0;
            case FLOAT -> same(Float.parseFloat(text(said)), (Float) datum);
            case DOUBLE -> same(Double.parseDouble(text(said)), (Double) datum);
            case BYTES, FIXED -> decimalFits(schema, said, datum);
        };
    }

    private boolean unionFits(Schema schema, JsonNode said, Object datum) throws IOException {
        if (said.isNull() || datum == null) {
            return said.isNull() && datum == null;
        }
        Schema branch = schema.getTypes().get(GenericData.get().resolveUnion(schema, datum));
        // Avro's own JSON names the branch: {"string": "x"}.
        boolean isWrapped = said.isObject() && said.size() == 1 && said.has(branch.getFullName());
        return fits(branch, isWrapped ? said.get(branch.getFullName()) : said, datum);
    }

    private boolean recordFits(JsonNode said, GenericRecord datum) throws IOException {
        for (Schema.Field field : datum.getSchema().getFields()) {
            if (!fieldFits(field, said.get(field.name()), datum.get(field.pos()))) {
                return false;
            }
        }
        return said.isObject();
    }

    private boolean arrayFits(Schema element, JsonNode said, List<?> datum) throws IOException {
        if (!said.isArray() || said.size() != datum.size()) {
            return false;
        }
        for (int index = 0; index < datum.size(); index++) {
            if (!fits(element, said.get(index), datum.get(index))) {
                return false;
            }
        }
        return true;
    }

    private boolean mapFits(Schema value, JsonNode said, Map<?, ?> datum) throws IOException {
        if (!said.isObject() || said.size() != datum.size()) {
            return false;
        }
        for (Map.Entry<?, ?> entry : datum.entrySet()) {
            JsonNode one = said.get(entry.getKey().toString());
            if (one == null || !fits(value, one, entry.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static boolean decimalFits(Schema schema, JsonNode said, Object datum) {
        if (!(schema.getLogicalType() instanceof LogicalTypes.Decimal)) {
            throw new IllegalArgumentException("bytes other than decimals are not supported here");
        }
        BigDecimal number = Dump.decimal(schema, datum);
        boolean isMinimal =
                schema.getType() == Schema.Type.FIXED
                        || number.unscaledValue().toByteArray().length == Dump.bytes(datum).length;
        return isMinimal && new BigDecimal(text(said)).compareTo(number) == 0;
    }

    /** Parses a number, or a time in the unit of the schema, never through a double. */
    private static BigDecimal integer(Schema schema, JsonNode said) {
        String text = text(said);
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
    private static boolean same(double said, double datum) {
        return said == datum || (Double.isNaN(said) && Double.isNaN(datum));
    }

    /** The text in the file; a JSON number keeps its digits. */
    static String text(JsonNode said) {
        return said.isNumber() ? said.decimalValue().toString() : said.asText();
    }

    private JsonNode json(JsonNode said) throws IOException {
        return isCsv && said instanceof TextNode
                ? FileRows.EXACT_JSON.readTree(said.textValue())
                : said;
    }
}
