import java.io.Reader;
import java.io.Writer;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import kafka.tools.StorageTool;
import org.apache.kafka.common.Uuid;

/**
 * Starts one Kafka node on 127.0.0.1 and in its own folder.
 *
 * <p>{@code --settings FILE --folder FOLDER --port PORT}: FILE has the settings for every run; PORT 0
 * means a free port. The port is written to FOLDER/port. A folder with data is reused, so a killed
 * broker can be restarted with its data.
 *
 * <p>{@code --listener NAME:PROTOCOL[:ADVERTISED,...]} adds a listener on a free port, which is written
 * to FOLDER/NAME.port. Clients are referred to the port ADVERTISED of this node (node 1 has the first
 * one), or to its own.
 *
 * <p>{@code --set KEY=VALUE} adds a setting; {@code --cluster FOLDER} joins the cluster of the node
 * with this folder, as a broker only.
 */
final class Broker {
    private Broker() {}

    public static void main(String[] args) throws Exception {
        Lifeline.hold();
        Options options = new Options(args);
        Path folder = Path.of(options.get("--folder"));
        Path settingsFile = folder.resolve("server.properties");
        if (Files.notExists(settingsFile)) {
            Properties settings = settings(options, folder);
            settings.putAll(options.pairs("--set"));
            String cluster = Uuid.randomUuid().toString();
            if (options.has("--cluster")) {
                cluster = join(settings, Path.of(options.get("--cluster")));
            }
            try (Writer writer = Files.newBufferedWriter(settingsFile)) {
                settings.store(writer, null);
            }
            format(settingsFile, cluster);
        }
        kafka.Kafka.main(new String[] {settingsFile.toString()});
    }

    private static Properties settings(Options options, Path folder) throws Exception {
        Properties settings = read(Path.of(options.get("--settings")));
        int node = Integer.parseInt(options.pairs("--set").getOrDefault("node.id", "1"));
        List<String> listeners = new ArrayList<>(List.of("PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT"));
        listeners.addAll(options.all("--listener"));
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        List<String> bound = new ArrayList<>();
        List<String> advertised = new ArrayList<>();
        List<String> protocols = new ArrayList<>();
        // All are held until all are known, otherwise two could be the same. Kafka binds them a
        // moment later; if another process takes one in between, `run` tries again.
        List<ServerSocket> held = new ArrayList<>();
        for (String listener : listeners) {
            String[] parts = listener.split(":");
            String name = parts[0];
            int wanted = name.equals("PLAINTEXT") ? Integer.parseInt(options.get("--port")) : 0;
            held.add(new ServerSocket(wanted, 1, loopback));
            int port = held.get(held.size() - 1).getLocalPort();
            bound.add(name + "://127.0.0.1:" + port);
            protocols.add(name + ":" + parts[1]);
            if (name.equals("CONTROLLER")) {
                settings.setProperty("controller.quorum.voters", "1@127.0.0.1:" + port);
                continue;
            }
            String file = name.equals("PLAINTEXT") ? "port" : name + ".port";
            Files.writeString(folder.resolve(file), port + "\n");
            String referred = parts.length > 2 ? parts[2].split(",")[node - 1] : String.valueOf(port);
            advertised.add(name + "://127.0.0.1:" + referred);
        }
        for (ServerSocket socket : held) {
            socket.close();
        }
        settings.setProperty("listeners", String.join(",", bound));
        settings.setProperty("advertised.listeners", String.join(",", advertised));
        settings.setProperty("listener.security.protocol.map", String.join(",", protocols));
        settings.setProperty("inter.broker.listener.name", "PLAINTEXT");
        settings.setProperty("log.dirs", folder.resolve("data").toString());
        return settings;
    }

    /** Makes the node a broker of the cluster of another node, and returns the id of the cluster. */
    private static String join(Properties settings, Path first) throws Exception {
        String voters = read(first.resolve("server.properties")).getProperty("controller.quorum.voters");
        settings.setProperty("controller.quorum.voters", voters);
        settings.setProperty("process.roles", "broker");
        String listeners = settings.getProperty("listeners");
        settings.setProperty("listeners", listeners.replaceFirst(",CONTROLLER://[^,]*", ""));
        return read(first.resolve("data/meta.properties")).getProperty("cluster.id");
    }

    private static Properties read(Path file) throws Exception {
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            settings.load(reader);
        }
        return settings;
    }

    /** Runs in this JVM: a separate one would add a second or two to each start. */
    private static void format(Path settingsFile, String cluster) {
        String[] command = {"format", "--cluster-id", cluster, "--config", settingsFile.toString()};
        int status = StorageTool.execute(command, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }
}
