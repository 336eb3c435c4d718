import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.avro.io.JsonEncoder;

/**
 * Decodes data with Avro for Java and encodes them again. Each line of standard input is a letter, a space
 * and a text. Every kind except {@code F} is answered with a line of JSON:
 *
 * <ul>
 *   <li>{@code S} and a schema, for the data that follow. The answer is {@code {}} or {@code {"error":..}}.
 *   <li>{@code D} and a datum in hex. The answer is {@code {"value":..,"meaning":..}}: the value at the level
 *       of base types ({@link Canonical}) and the result of Java's conversions ({@link Logical}). {@code
 *       "left"} is the number of unread bytes, {@code "rewritten"} what Java writes if it differs from the
 *       datum, {@code "no_rewriting"} why it cannot write it, and {@code "json"} the value in Avro's JSON
 *       encoding. If the datum cannot be decoded, the answer is {@code {"error":..}}.
 *   <li>{@code F}: flush all answers.
 * </ul>
 */
final class Judge {
    private static final JsonFactory JSON = new JsonFactory();

    private Schema schema;
    private GenericDatumReader<Object> reader;
    private GenericDatumReader<Object> ordered;
    private GenericDatumWriter<Object> writer;

    private Judge() {}

    static void run() throws IOException {
        Judge judge = new Judge();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            switch (line.charAt(0)) {
                case 'S' -> out.write(judge.schema(line.substring(2)));
                case 'D' -> out.write(judge.datum(HexFormat.of().parseHex(line.substring(2))));
                default -> {
                    out.flush();
                    continue;
                }
            }
            out.write('\n');
        }
        out.flush();
    }

    private String schema(String text) throws IOException {
        reader = null;
        try {
            schema = new Schema.Parser().parse(text);
            reader = new GenericDatumReader<>(schema, schema, new GenericData());
            ordered = new GenericDatumReader<>(schema, schema, new OrderedData());
            writer = new GenericDatumWriter<>(schema, new GenericData());
            return "{}";
        } catch (RuntimeException refused) {
            return error(refused);
        }
    }

    private String datum(byte[] bytes) throws IOException {
        if (reader == null) {
            return "{\"error\":\"no schema\"}";
        }
        StringWriter text = new StringWriter();
        JsonGenerator out = JSON.createGenerator(text);
        out.writeStartObject();
        try {
            BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(bytes, null);
            Object value = reader.read(null, decoder);
            out.writeFieldName("value");
            Canonical.writeBase(out, schema, value);
            out.writeFieldName("meaning");
            Canonical.writeMeaning(out, schema, value);
            int left = decoder.inputStream().available();
            if (left != 0) {
                out.writeNumberField("left", left);
            }
            rewrite(out, bytes);
        } catch (IOException | RuntimeException undecodable) {
            return error(undecodable);
        }
        out.writeEndObject();
        out.close();
        return text.toString();
    }

    private void rewrite(JsonGenerator out, byte[] bytes) throws IOException {
        Object value;
        try {
            value = ordered.read(null, DecoderFactory.get().binaryDecoder(bytes, null));
        } catch (RuntimeException fault) {
            out.writeStringField("no_rewriting", fault.toString());
            return;
        }
        ByteArrayOutputStream rewritten = new ByteArrayOutputStream();
        BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(rewritten, null);
        writer.write(value, encoder);
        encoder.flush();
        ByteArrayOutputStream json = new ByteArrayOutputStream();
        JsonEncoder jsonEncoder = EncoderFactory.get().jsonEncoder(schema, json);
        writer.write(value, jsonEncoder);
        jsonEncoder.flush();
        out.writeStringField("json", json.toString(StandardCharsets.UTF_8));
        if (!Arrays.equals(bytes, rewritten.toByteArray())) {
            out.writeStringField("rewritten", HexFormat.of().formatHex(rewritten.toByteArray()));
        }
    }

    private static String error(Exception why) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("error", why.toString());
            out.writeEndObject();
        }
        return text.toString();
    }

    /**
     * Keeps the entries of a map in the order in which they were read, so that they are written in the same
     * order. Java's fast reader does not support it, and the other one fails on some recursive schemas.
     */
    private static final class OrderedData extends GenericData {
        @Override
        public Object newMap(Object old, int size) {
            return new LinkedHashMap<>();
        }
    }
}
