import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A command line of {@code --name value} pairs; a name may be repeated. */
final class Options {
    private final Map<String, List<String>> values = new HashMap<>();

    Options(String[] arguments) {
        for (int index = 0; index < arguments.length; index++) {
            String name = arguments[index];
            boolean isFlag = name.equals("--no-key");
            if (!name.startsWith("--") || (!isFlag && index + 1 == arguments.length)) {
                Witness.fail("error: `" + name + "` is not an option, or its value is missing");
            }
            values.computeIfAbsent(name, ignored -> new ArrayList<>())
                    .add(isFlag ? "" : arguments[++index]);
        }
    }

    boolean has(String name) {
        return values.containsKey(name);
    }

    String get(String name) {
        if (!has(name)) {
            throw new Missing(name);
        }
        return values.get(name).get(0);
    }

    String get(String name, String otherwise) {
        return has(name) ? get(name) : otherwise;
    }

    List<String> all(String name) {
        return values.getOrDefault(name, List.of());
    }

    /** The {@code KEY=VALUE} pairs of this option. */
    Map<String, String> pairs(String name) {
        Map<String, String> pairs = new HashMap<>();
        for (String text : all(name)) {
            String[] pair = text.split("=", 2);
            pairs.put(pair[0], pair[1]);
        }
        return pairs;
    }

    static final class Missing extends RuntimeException {
        private static final long serialVersionUID = 1;

        Missing(String name) {
            super("error: " + name + " is missing");
        }
    }
}
