import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another program's {@code main} for as long as the other end of standard input is held open.
 *
 * <p>The kernel closes that end however its holder dies, by {@code kill -9} too, so no JVM of the
 * stack outlives the run it belongs to.
 */
final class Lifeline {
    private Lifeline() {}

    public static void main(String[] args) throws Exception {
        hold();
        Class.forName(args[0])
                .getMethod("main", String[].class)
                .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }

    /** Ends this JVM at once, without shutdown hooks, when standard input ends: its data goes too. */
    static void hold() {
        Thread watcher =
                new Thread(
                        () -> {
                            try {
                                while (System.in.read() >= 0) {}
                            } catch (IOException gone) {
                                // The same as its end.
                            }
                            Runtime.getRuntime().halt(0);
                        },
                        "lifeline");
        watcher.setDaemon(true);
        watcher.start();
    }
}
