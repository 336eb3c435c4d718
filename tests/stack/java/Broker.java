import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/**
 * Starts one Kafka node, broker and controller combined, on 127.0.0.1 and in its own folder.
 *
 * <p>{@code Broker SETTINGS FOLDER PORT [KEY=VALUE...]}: SETTINGS is the file of settings for every
 * run; PORT 0 means a free port. The port is written to FOLDER/port. A folder with data is reused,
 * so a killed broker can be restarted with its data.
 */
final class Broker {
    private Broker() {}

    public static void main(String[] args) throws Exception {
        Lifeline.hold();
        Path folder = Path.of(args[1]);
        Path settingsFile = folder.resolve("server.properties");
        if (Files.notExists(settingsFile)) {
            Properties settings = settings(Path.of(args[0]), folder, Integer.parseInt(args[2]));
            for (int index = 3; index < args.length; index++) {
                String[] pair = args[index].split("=", 2);
                settings.setProperty(pair[0], pair[1]);
            }
            try (Writer writer = Files.newBufferedWriter(settingsFile)) {
                settings.store(writer, null);
            }
            format(settingsFile);
        }
        kafka.Kafka.main(new String[] {settingsFile.toString()});
    }

    private static Properties settings(Path common, Path folder, int port) throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(common)) {
            settings.load(reader);
        }
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        int controllerPort;
        // Both are held until both are known, otherwise they could be the same. Kafka binds them a
        // moment later; if another process takes one in between, `run` tries again.
        try (ServerSocket broker = new ServerSocket(port, 1, loopback);
                ServerSocket controller = new ServerSocket(0, 1, loopback)) {
            port = broker.getLocalPort();
            controllerPort = controller.getLocalPort();
        }
        Files.writeString(folder.resolve("port"), port + "\n");
        settings.setProperty(
                "listeners",
                "PLAINTEXT://127.0.0.1:" + port + ",CONTROLLER://127.0.0.1:" + controllerPort);
        settings.setProperty("advertised.listeners", "PLAINTEXT://127.0.0.1:" + port);
        settings.setProperty("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
        settings.setProperty("log.dirs", folder.resolve("data").toString());
        return settings;
    }

    /** Runs in this JVM: a separate one would add a second or two to each start. */
    private static void format(Path settingsFile) {
        String[] command = {
            "format", "--cluster-id", Uuid.randomUuid().toString(), "--config", settingsFile.toString()
        };
        int status = StorageTool.execute(command, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }
}
