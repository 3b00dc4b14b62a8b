import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.File;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.functions.MapFunction;
import org.apache.flink.api.common.serialization.SimpleStringEncoder;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.sink.FileSink;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.enumerate.NonSplittingRecursiveEnumerator;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.SlidingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/**
 * Job W on Flink's DataStream API: one file reader, parse on N subtasks, keyBy city, sliding event-time windows,
 * incremental aggregate with a HashSet of users (exact), heap state, in-process mini cluster.
 * Usage: JobW --input FILE --out DIR --threads N
 */
public class JobW {
    public static class Tweet {
        public String city;
        public String uid;
        public long ts;
        public int rt;
    }

    public static class Acc {
        public long n, rt;
        public HashSet<String> users = new HashSet<>();
    }

    static final JsonFactory JSON = new JsonFactory();

    /** A streaming parse of the four fields that the job needs: no tree, the rest is skipped. */
    static Tweet parse(String line) throws IOException {
        Tweet t = new Tweet();
        try (JsonParser p = JSON.createParser(line)) {
            p.nextToken();
            while (p.nextToken() == JsonToken.FIELD_NAME) {
                String field = p.currentName();
                p.nextToken();
                if (field.equals("data")) data(p, t);
                else if (field.equals("matching_rules")) t.city = firstText(p, "tag");
                else p.skipChildren();
            }
        }
        return t;
    }

    static void data(JsonParser p, Tweet t) throws IOException {
        while (p.nextToken() == JsonToken.FIELD_NAME) {
            String field = p.currentName();
            p.nextToken();
            switch (field) {
                case "author_id" -> t.uid = p.getText();
                case "created_at" -> t.ts = Instant.parse(p.getText()).toEpochMilli();
                case "referenced_tweets" -> t.rt = "retweeted".equals(firstText(p, "type")) ? 1 : 0;
                default -> p.skipChildren();
            }
        }
    }

    /** The first value of a field anywhere in the array or object at which the parser stands; reads to its end. */
    static String firstText(JsonParser p, String field) throws IOException {
        String found = null;
        for (int depth = 1; depth > 0; ) {
            JsonToken token = p.nextToken();
            if (token.isStructStart()) depth++;
            else if (token.isStructEnd()) depth--;
            else if (found == null && token == JsonToken.FIELD_NAME && p.currentName().equals(field)) {
                found = p.nextTextValue();
            }
        }
        return found;
    }

    public static class Count implements AggregateFunction<Tweet, Acc, Acc> {
        public Acc createAccumulator() { return new Acc(); }
        public Acc add(Tweet t, Acc a) { a.n++; a.rt += t.rt; a.users.add(t.uid); return a; }
        public Acc getResult(Acc a) { return a; }
        public Acc merge(Acc a, Acc b) { a.n += b.n; a.rt += b.rt; a.users.addAll(b.users); return a; }
    }

    public static class Emit extends ProcessWindowFunction<Acc, String, String, TimeWindow> {
        @Override
        public void process(String city, Context c, Iterable<Acc> in, Collector<String> out) {
            for (Acc a : in)
                out.collect(city + "," + c.window().getStart() / 1000 + "," + a.n + "," + a.rt + "," + a.users.size());
        }
    }

    static Configuration configuration(int threads) {
        Configuration conf = new Configuration();
        conf.setString("rest.address", "127.0.0.1");
        conf.setString("rest.bind-address", "127.0.0.1");
        conf.setString("pipeline.object-reuse", "true");
        conf.setString("parallelism.default", "" + threads);
        return conf;
    }

    static Path path(String name) {
        return new Path(new File(name).getAbsolutePath());
    }

    public static void main(String[] argv) throws Exception {
        Map<String, String> o = new HashMap<>();
        for (int i = 0; i + 1 < argv.length; i += 2) o.put(argv[i].substring(2), argv[i + 1]);
        int threads = Integer.parseInt(o.getOrDefault("threads", "2"));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(configuration(threads));
        // one reader: with two splits of one file, event time would run apart and posts would come late
        FileSource<String> source = FileSource
            .forRecordStreamFormat(new TextLineInputFormat(), path(o.get("input")))
            .setFileEnumerator(NonSplittingRecursiveEnumerator::new).build();
        env.fromSource(source, WatermarkStrategy.noWatermarks(), "file").setParallelism(1)
            .rebalance()
            .map((MapFunction<String, Tweet>) JobW::parse).returns(Tweet.class)
            .assignTimestampsAndWatermarks(
                WatermarkStrategy.<Tweet>forBoundedOutOfOrderness(Duration.ofSeconds(60))
                    .withTimestampAssigner((t, x) -> t.ts))
            .keyBy(t -> t.city)
            .window(SlidingEventTimeWindows.of(Duration.ofMinutes(5), Duration.ofMinutes(1)))
            .aggregate(new Count(), new Emit())
            .sinkTo(FileSink.forRowFormat(path(o.get("out")), new SimpleStringEncoder<String>("UTF-8")).build());
        env.execute("job_w");
    }
}
