import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import org.apache.avro.Conversion;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalType;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.util.TimePeriod;

/**
 * Converts a value with a logical type by Java's own conversions and prints it as text: a decimal is {@code
 * unscaled/scale}, an instant {@code seconds.nanoseconds} since the epoch, a date the days since the epoch, a
 * time of day its nanoseconds, and a duration {@code months,days,milliseconds}.
 */
final class Logical {
    private static final GenericData CONVERSIONS = new GenericData();

    static {
        List<Conversion<?>> all =
                List.of(
                        new Conversions.DecimalConversion(),
                        new Conversions.BigDecimalConversion(),
                        new Conversions.UUIDConversion(),
                        new Conversions.DurationConversion(),
                        new TimeConversions.DateConversion(),
                        new TimeConversions.TimeMillisConversion(),
                        new TimeConversions.TimeMicrosConversion(),
                        new TimeConversions.TimestampMillisConversion(),
                        new TimeConversions.TimestampMicrosConversion(),
                        new TimeConversions.TimestampNanosConversion(),
                        new TimeConversions.LocalTimestampMillisConversion(),
                        new TimeConversions.LocalTimestampMicrosConversion(),
                        new TimeConversions.LocalTimestampNanosConversion());
        all.forEach(CONVERSIONS::addLogicalTypeConversion);
    }

    private Logical() {}

    /** Returns null if the schema has no logical type that Java knows. */
    static String meaning(Schema schema, Object datum) {
        LogicalType type = schema.getLogicalType();
        Conversion<?> conversion = type == null ? null : CONVERSIONS.getConversionFor(type);
        if (conversion == null) {
            return null;
        }
        try {
            return text(Conversions.convertToLogicalType(datum, schema, type, conversion));
        } catch (RuntimeException fault) {
            return "refused: " + fault;
        }
    }

    private static String text(Object value) {
        if (value instanceof BigDecimal number) {
            return number.unscaledValue() + "/" + number.scale();
        } else if (value instanceof LocalDate date) {
            return Long.toString(date.toEpochDay());
        } else if (value instanceof LocalTime time) {
            return Long.toString(time.toNanoOfDay());
        } else if (value instanceof Instant instant) {
            return "%d.%09d".formatted(instant.getEpochSecond(), instant.getNano());
        } else if (value instanceof LocalDateTime local) {
            return text(local.toInstant(ZoneOffset.UTC));
        } else if (value instanceof TimePeriod period) {
            return period.getMonths() + "," + period.getDays() + "," + period.getMillis();
        }
        return value.toString();
    }
}
