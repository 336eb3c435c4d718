import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.apache.commons.csv.QuoteMode;

/** Reads the rows of a CSV or JSONL file with libraries that k2-produce does not use. */
final class FileRows implements Iterator<FileRows.Row>, AutoCloseable {
    static final ObjectMapper EXACT_JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    /** A row's values by field name: Java's null for an absent one, JSON's null for an empty one. */
    interface Row {
        JsonNode get(String field);

        String where();
    }

    private final BufferedReader reader;
    private final Iterator<Row> rows;

    FileRows(Path file, boolean isCsv) throws IOException {
        reader = Files.newBufferedReader(file);
        reader.mark(1);
        if (reader.read() != '\ufeff') {
            reader.reset();
        }
        rows = isCsv ? csv(file) : jsonl(file);
    }

    private Iterator<Row> csv(Path file) throws IOException {
        // In this quote mode the parser distinguishes an empty cell (null) from a quoted one ("").
        CSVFormat format =
                CSVFormat.RFC4180
                        .builder()
                        .setHeader()
                        .setSkipHeaderRecord(true)
                        .setIgnoreEmptyLines(true)
                        .setNullString("")
                        .setQuoteMode(QuoteMode.ALL_NON_NULL)
                        .get();
        CSVParser parser = CSVParser.parse(reader, format);
        Iterator<CSVRecord> records = parser.iterator();
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return records.hasNext();
            }

            @Override
            public Row next() {
                CSVRecord record = records.next();
                if (!record.isConsistent()) {
                    throw new IllegalStateException(file + ": a row with a different number of cells: " + record);
                }
                return new CsvRow(file + ", row " + record.getRecordNumber(), record);
            }
        };
    }

    private Iterator<Row> jsonl(Path file) {
        return new Iterator<>() {
            private long number;
            private String line;

            @Override
            public boolean hasNext() {
                try {
                    while (line == null || line.isBlank()) {
                        line = reader.readLine();
                        number++;
                        if (line == null) {
                            return false;
                        }
                    }
                    return true;
                } catch (IOException unreadable) {
                    throw new IllegalStateException(unreadable);
                }
            }

            @Override
            public Row next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                try {
                    Row row = new JsonRow(file + ":" + number, EXACT_JSON.readTree(line));
                    line = null;
                    return row;
                } catch (IOException broken) {
                    throw new IllegalStateException(file + ":" + number, broken);
                }
            }
        };
    }

    private record CsvRow(String where, CSVRecord cells) implements Row {
        @Override
        public JsonNode get(String field) {
            if (!cells.isMapped(field)) {
                return null;
            }
            String cell = cells.get(field);
            return cell == null ? NullNode.getInstance() : new TextNode(cell);
        }
    }

    private record JsonRow(String where, JsonNode object) implements Row {
        @Override
        public JsonNode get(String field) {
            return object.get(field);
        }
    }

    @Override
    public boolean hasNext() {
        return rows.hasNext();
    }

    @Override
    public Row next() {
        return rows.next();
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
