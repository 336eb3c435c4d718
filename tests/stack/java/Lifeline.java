import java.io.IOException;
import java.util.Arrays;

/**
 * Runs another program's {@code main} as long as another process holds the write end of standard input open.
 *
 * <p>The kernel closes that end when its holder dies for any reason, even {@code kill -9}, so no JVM of the
 * stack outlives its run.
 */
final class Lifeline {
    private Lifeline() {}

    public static void main(String[] args) throws Exception {
        hold();
        Class.forName(args[0])
                .getMethod("main", String[].class)
                .invoke(null, (Object) Arrays.copyOfRange(args, 1, args.length));
    }

    /** Ends this JVM when standard input ends; without shutdown hooks, because its data is removed too. */
    static void hold() {
        Thread watcher =
                new Thread(
                        () -> {
                            try {
                                while (System.in.read() >= 0) {}
                            } catch (IOException gone) {
                                // An error is treated as the end of the input.
                            }
                            Runtime.getRuntime().halt(0);
                        },
                        "lifeline");
        watcher.setDaemon(true);
        watcher.start();
    }
}
