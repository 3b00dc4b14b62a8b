import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.EmitStrategy;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.state.WindowStore;

/**
 * Job W on Kafka Streams: posts, reposts and distinct people per city, in windows of 5 minutes every minute, exactly once.
 * Stops when it has counted what its input held when it started, and prints {"records":N,"seconds":S,"late":L}.
 */
public class Job {
    static final Map<String, String> DEFAULTS = Map.ofEntries(
        Map.entry("bootstrap", "127.0.0.1:9092"), Map.entry("input", "posts"), Map.entry("output", "ks-counts"),
        Map.entry("application", "job-w"), Map.entry("partitions", "4"), Map.entry("threads", "2"),
        Map.entry("commit-ms", "100"), Map.entry("grace-s", "60"), Map.entry("cache-mb", "64"),
        Map.entry("store", "rocksdb"), Map.entry("state-dir", ""));

    /** System.nanoTime() of the first record polled, 0 before it. */
    static volatile long firstPolled;
    static final LongAdder posts = new LongAdder();

    public static void main(String[] args) throws Exception {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", System.getProperty("log", "error"));
        Properties settings = new Properties();
        Map<String, String> options = options(args, settings);
        boolean ownFolder = options.get("state-dir").isEmpty();
        if (ownFolder) options.put("state-dir", Files.createTempDirectory("job-w-").toString());
        Properties config = config(options);
        config.putAll(settings);

        try (Progress progress = new Progress(options); KafkaStreams streams = new KafkaStreams(topology(options), config)) {
            progress.createOutput();
            streams.setUncaughtExceptionHandler(e -> {
                e.printStackTrace(System.err);
                progress.failed = true;
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            });
            Thread onSignal = new Thread(streams::close);
            Runtime.getRuntime().addShutdownHook(onSignal);
            streams.start();
            progress.awaitEnd();
            double seconds = firstPolled == 0 ? 0 : (System.nanoTime() - firstPolled) / 1e9;
            long late = progress.late(streams);
            streams.close(CloseOptions.groupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
            if (ownFolder) delete(Path.of(options.get("state-dir")));
            Runtime.getRuntime().removeShutdownHook(onSignal);
            if (late > 0) System.err.println("rows are wrong: " + late + " updates of windows came too late; see --grace-s");
            System.out.printf("{\"records\":%d,\"seconds\":%.3f,\"late\":%d}%n", posts.sum(), seconds, late);
        }
    }

    static Topology topology(Map<String, String> options) {
        Serde<String> text = Serdes.String();
        Serde<byte[]> bytes = Serdes.ByteArray();
        TimeWindows windows = TimeWindows
            .ofSizeAndGrace(Duration.ofMinutes(5), Duration.ofSeconds(Long.parseLong(options.get("grace-s"))))
            .advanceBy(Duration.ofMinutes(1));
        StreamsBuilder builder = new StreamsBuilder();
        Serde<Post> post = Serdes.serdeFrom((topic, value) -> null, Post.READER);
        builder.stream(options.get("input"), Consumed.with(bytes, post).withTimestampExtractor(new Post.Time()))
            .filter((root, value) -> counted(value))
            .map((root, value) -> KeyValue.pair(value.city(), Counts.sighting(value)))
            .repartition(Repartitioned.with(text, bytes).withName("sightings")
                .withNumberOfPartitions(Integer.parseInt(options.get("partitions"))))
            .groupByKey()
            .windowedBy(windows)
            .emitStrategy(EmitStrategy.onWindowClose())
            .aggregate(Counts::none, Counts::add, Materialized.<String, byte[], WindowStore<Bytes, byte[]>>as("counts")
                .withKeySerde(text).withValueSerde(bytes).withCachingEnabled()
                .withStoreType(options.get("store").equals("memory")
                    ? Materialized.StoreType.IN_MEMORY : Materialized.StoreType.ROCKS_DB))
            .toStream((window, counts) -> window)
            .map((window, counts) -> KeyValue.pair(window.key(), Counts.json(window, counts)))
            .to(options.get("output"), Produced.with(text, text));
        return builder.build();
    }

    /** Counts what passes, too: all posts are records of the result; heartbeats are not. */
    static boolean counted(Post post) {
        if (post == null) return false;
        posts.increment();
        return !post.deletion();
    }

    static Properties config(Map<String, String> options) {
        Properties config = new Properties();
        config.put(StreamsConfig.APPLICATION_ID_CONFIG, options.get("application"));
        config.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, options.get("bootstrap"));
        config.put(StreamsConfig.STATE_DIR_CONFIG, options.get("state-dir"));
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        config.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, options.get("threads"));
        config.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, options.get("commit-ms"));
        config.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, Long.parseLong(options.get("cache-mb")) << 20);
        // else a window that closes in the last second of a run is written only by the next run
        config.put(StreamsConfig.InternalConfig.EMIT_INTERVAL_MS_KSTREAMS_WINDOWED_AGGREGATION, 0L);
        // state is dated by event time: of old posts, the broker would delete it before it is restored
        config.put(StreamsConfig.WINDOW_STORE_CHANGE_LOG_ADDITIONAL_RETENTION_MS_CONFIG, Duration.ofDays(36_500).toMillis());
        config.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
        return config;
    }

    static void delete(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }

    /** The defaults, changed by `--name value`; `--set property=value` goes to Kafka Streams as it is. */
    static Map<String, String> options(String[] args, Properties settings) {
        Map<String, String> options = new HashMap<>(DEFAULTS);
        for (int i = 0; i < args.length; i += 2) {
            String name = args[i].startsWith("--") ? args[i].substring(2) : "";
            String[] setting = i + 1 < args.length ? args[i + 1].split("=", 2) : new String[0];
            if (name.equals("set") && setting.length == 2) settings.put(setting[0], setting[1]);
            else if (options.containsKey(name) && i + 1 < args.length) options.put(name, args[i + 1]);
            else usage();
        }
        // seen with 4.3.1: a store in memory without a cache never emits a window
        if (options.get("store").equals("memory") && options.get("cache-mb").equals("0")) usage();
        return options;
    }

    static void usage() {
        System.err.println("options, each with a value: --set property=value, or one of " + new TreeMap<>(DEFAULTS)
            + "; store: rocksdb or memory, which needs a cache");
        System.exit(2);
    }
}
