import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.streams.KafkaStreams;

/** Tells when the job has committed all that its input held at the start, in both of its steps. */
class Progress implements AutoCloseable {
    private static final long POLL_MS = 50;
    private final Admin admin;
    private final Map<String, String> options;
    private final Map<TopicPartition, Long> ends;
    volatile boolean failed;

    Progress(Map<String, String> options) throws Exception {
        this.options = options;
        admin = Admin.create(Map.of("bootstrap.servers", options.get("bootstrap")));
        ends = ends(options.get("input"));
    }

    /** Rows are dated by event time, which may be older than what a broker keeps. */
    void createOutput() throws Exception {
        NewTopic output = new NewTopic(options.get("output"), Optional.of(partitions()), Optional.empty())
            .configs(Map.of("retention.ms", "-1"));
        try {
            admin.createTopics(Set.of(output)).all().get();
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) throw e;
        }
    }

    /** Posts first, then the sightings made of them: those are all in the topic once their posts' commit is. */
    void awaitEnd() throws Exception {
        awaitCommitted(ends);
        boolean any = ends.values().stream().anyMatch(end -> end > 0);
        if (any) awaitCommitted(ends(options.get("application") + "-sightings-repartition"));
    }

    private void awaitCommitted(Map<TopicPartition, Long> ends) throws Exception {
        while (true) {
            if (failed) throw new IllegalStateException("the job has failed");
            Map<TopicPartition, OffsetAndMetadata> committed =
                admin.listConsumerGroupOffsets(options.get("application")).partitionsToOffsetAndMetadata().get();
            boolean done = ends.entrySet().stream().allMatch(end -> end.getValue() <= offset(committed.get(end.getKey())));
            if (done) return;
            Thread.sleep(POLL_MS);
        }
    }

    private static long offset(OffsetAndMetadata committed) {
        return committed == null ? 0 : committed.offset();
    }

    private Map<TopicPartition, Long> ends(String topic) throws Exception {
        Map<TopicPartition, OffsetSpec> latest = IntStream.range(0, partitions())
            .mapToObj(i -> new TopicPartition(topic, i))
            .collect(Collectors.toMap(Function.identity(), i -> OffsetSpec.latest()));
        Map<TopicPartition, Long> ends = new HashMap<>();
        admin.listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED)).all().get()
            .forEach((partition, info) -> ends.put(partition, info.offset()));
        return ends;
    }

    private int partitions() {
        return Integer.parseInt(options.get("partitions"));
    }

    /** Updates of windows that came after their window had closed, and so were not counted. */
    long late(KafkaStreams streams) {
        return streams.metrics().values().stream()
            .filter(m -> m.metricName().name().equals("dropped-records-total"))
            .mapToLong(m -> ((Number) m.metricValue()).longValue()).sum();
    }

    @Override
    public void close() {
        admin.close();
    }
}
