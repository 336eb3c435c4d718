import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;

/** Users, their passwords and what they may do. */
final class Rights {
    private Rights() {}

    static void addUser(Options options) throws Exception {
        try (Admin admin = Witness.admin()) {
            String mechanism = options.get("--mechanism", "SCRAM-SHA-512");
            ScramCredentialInfo method =
                    new ScramCredentialInfo(ScramMechanism.fromMechanismName(mechanism), 4096);
            byte[] password = options.get("--password").getBytes(StandardCharsets.UTF_8);
            admin.alterUserScramCredentials(
                            List.of(new UserScramCredentialUpsertion(options.get("--user"), method, password)))
                    .all()
                    .get();
            String user = options.get("--user");
            Topics.await(
                    () -> admin.describeUserScramCredentials().all().get().containsKey(user));
        }
    }

    /**
     * Allows a user to do something with a topic or a transactional id: {@code --operation Write}, by the names of Kafka's
     * tools.
     */
    static void allow(Options options) throws Exception {
        AclBinding binding = binding(options, AclPermissionType.ALLOW);
        try (Admin admin = Witness.admin()) {
            admin.createAcls(List.of(binding)).all().get();
            Topics.await(() -> admin.describeAcls(binding.toFilter()).values().get().contains(binding));
        }
    }

    /** Takes a right back. */
    static void revoke(Options options) throws Exception {
        AclBindingFilter filter = binding(options, AclPermissionType.ALLOW).toFilter();
        try (Admin admin = Witness.admin()) {
            admin.deleteAcls(List.of(filter)).all().get();
            Topics.await(() -> admin.describeAcls(filter).values().get().isEmpty());
        }
    }

    private static AclBinding binding(Options options, AclPermissionType permission) {
        String operation = options.get("--operation").replaceAll("(?<=[a-z])(?=[A-Z])", "_");
        boolean isTopic = options.has("--topic");
        return new AclBinding(
                new ResourcePattern(
                        isTopic ? ResourceType.TOPIC : ResourceType.TRANSACTIONAL_ID,
                        options.get(isTopic ? "--topic" : "--transactional-id"),
                        PatternType.LITERAL),
                new AccessControlEntry(
                        "User:" + options.get("--user"),
                        "*",
                        AclOperation.valueOf(operation.toUpperCase(Locale.ROOT)),
                        permission));
    }
}
