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
 * Starts one Kafka node, broker and controller in one, on 127.0.0.1 and on a folder of its own.
 *
 * <p>{@code Broker SETTINGS FOLDER PORT [KEY=VALUE...]}: SETTINGS are those of every run, PORT 0
 * takes a free one. The port is written to FOLDER/port. A folder that was used before is used
 * again, so a killed broker can come back with its data.
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
        // Both are held until both are known, else they could be the same one. Kafka binds them a
        // moment later; should another process take one in between, `run` tries again.
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

    /** In this JVM and not in one of its own: that is a second or two of each start. */
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
