import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/** Limits the speed of clients. */
final class Quotas {
    private Quotas() {}

    /** Limits what clients with this id may send to each broker, in bytes per second. */
    static void set(Options options) throws Exception {
        ClientQuotaEntity clients =
                new ClientQuotaEntity(Map.of(ClientQuotaEntity.CLIENT_ID, options.get("--client-id")));
        double limit = Double.parseDouble(options.get("--bytes-per-second"));
        ClientQuotaAlteration.Op change = new ClientQuotaAlteration.Op("producer_byte_rate", limit);
        try (Admin admin = Witness.admin()) {
            admin.alterClientQuotas(List.of(new ClientQuotaAlteration(clients, List.of(change)))).all().get();
            Topics.await(
                    () -> admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get().containsKey(clients));
        }
    }
}
