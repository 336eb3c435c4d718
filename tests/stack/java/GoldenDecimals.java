import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeSet;
import org.apache.avro.Conversions;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;

/**
 * Prints decimals and the data that Java's conversions and GenericDatumWriter produce for them:
 * {@code {"text":"40.20","type":{"type":"bytes","logicalType":"decimal","precision":4,"scale":2},"datum":"040fb4"}}.
 */
final class GoldenDecimals {
    /** Precision and scale. */
    private static final int[][] BYTES = {{1, 0}, {4, 2}, {9, 0}, {18, 6}, {18, 8}, {38, 0}, {38, 18}, {38, 38}, {60, 30}};
    /** Size, precision and scale; most have more bytes than needed, which are filled with the sign. */
    private static final int[][] FIXED = {{1, 2, 0}, {2, 4, 2}, {8, 18, 6}, {9, 18, 6}, {16, 38, 18}, {20, 38, 10}, {32, 60, 0}};

    private static final String[] BIG = {
        "0", "0.00", "1", "-1", "40.20", "-40.20", "1.28", "-1.28", "1.27", "-1.29", "127", "128", "32767", "-32769",
        "0.000000000000000000000000000001", "99999999999999999999999999999999999999",
        "-99999999999999999999999999999999999999.99999999999999999999"
    };

    private static final GenericData CONVERSIONS = new GenericData();

    static {
        CONVERSIONS.addLogicalTypeConversion(new Conversions.DecimalConversion());
        CONVERSIONS.addLogicalTypeConversion(new Conversions.BigDecimalConversion());
    }

    private GoldenDecimals() {}

    static void run() throws IOException {
        for (int[] shape : BYTES) {
            Schema schema = Schema.create(Schema.Type.BYTES);
            LogicalTypes.decimal(shape[0], shape[1]).addToSchema(schema);
            lines(schema, shape[0], shape[1]);
        }
        for (int[] shape : FIXED) {
            Schema schema = Schema.createFixed("Price", null, null, shape[0]);
            LogicalTypes.decimal(shape[1], shape[2]).addToSchema(schema);
            lines(schema, shape[1], shape[2]);
        }
        Schema big = LogicalTypes.bigDecimal().addToSchema(Schema.create(Schema.Type.BYTES));
        for (String text : BIG) {
            line(big, new BigDecimal(text));
        }
        System.out.flush();
    }

    private static void lines(Schema schema, int precision, int scale) throws IOException {
        for (BigInteger unscaled : edges(precision)) {
            line(schema, new BigDecimal(unscaled, scale));
        }
    }

    /** Zero, the limits of two's complement for each number of bytes and the numbers just outside, and all nines. */
    private static TreeSet<BigInteger> edges(int precision) {
        BigInteger most = BigInteger.TEN.pow(precision).subtract(BigInteger.ONE);
        TreeSet<BigInteger> edges = new TreeSet<>(List.of(BigInteger.ZERO, BigInteger.ONE, most));
        for (int bytes = 1; bytes <= 25; bytes++) {
            BigInteger beyond = BigInteger.ONE.shiftLeft(8 * bytes - 1);
            edges.addAll(List.of(beyond.subtract(BigInteger.ONE), beyond, beyond.add(BigInteger.ONE)));
        }
        TreeSet<BigInteger> all = new TreeSet<>();
        for (BigInteger edge : edges) {
            if (edge.compareTo(most) <= 0) {
                all.addAll(List.of(edge, edge.negate()));
            }
        }
        return all;
    }

    private static void line(Schema schema, BigDecimal number) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(out, null);
        new GenericDatumWriter<BigDecimal>(schema, CONVERSIONS).write(number, encoder);
        encoder.flush();
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode line = mapper.createObjectNode().put("text", number.toPlainString());
        line.set("type", mapper.readTree(schema.toString()));
        line.put("datum", HexFormat.of().formatHex(out.toByteArray()));
        System.out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
