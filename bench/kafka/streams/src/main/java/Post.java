import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Locale;
import net.jpountz.xxhash.XXHash64;
import net.jpountz.xxhash.XXHashFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** What the job needs of a post. A person is a hash of network and id: 64 bits, half of what goshawk keeps. */
record Post(String city, long person, boolean repost, boolean deletion, long time) {
    private static final JsonFactory JSON = new JsonFactory();
    private static final XXHash64 HASH = XXHashFactory.fastestJavaInstance().hash64();

    /** A streaming parse: no tree, other fields are skipped. No value (a heartbeat) is no post. */
    static final Deserializer<Post> READER = (topic, bytes) -> {
        if (bytes == null) return null;
        try (JsonParser p = JSON.createParser(bytes)) {
            return read(p);
        } catch (IOException | RuntimeException e) {
            throw new SerializationException("not a post: " + new String(bytes, StandardCharsets.UTF_8), e);
        }
    };

    /** Event time; a heartbeat moves no clock. Called first when a record has been polled. */
    static class Time implements TimestampExtractor {
        @Override
        public long extract(ConsumerRecord<Object, Object> record, long newest) {
            if (Job.firstPolled == 0) Job.firstPolled = System.nanoTime();
            return record.value() instanceof Post post ? post.time : Math.max(newest, 0);
        }
    }

    private static Post read(JsonParser p) throws IOException {
        String network = "", author = "", kind = "", rule = "", place = "", time = "";
        p.nextToken();
        while (p.nextToken() == JsonToken.FIELD_NAME) {
            String field = p.currentName();
            p.nextToken();
            switch (field) {
                case "network" -> network = p.getText();
                case "kind" -> kind = p.getText();
                case "time" -> time = p.getText();
                case "author" -> author = member(p, "id");
                case "place" -> place = member(p, "name");
                case "rules" -> rule = first(p);
                default -> p.skipChildren();
            }
        }
        String city = city(rule);
        if (city.isEmpty()) city = city(place.substring(0, place.indexOf(',') < 0 ? place.length() : place.indexOf(',')));
        if (city.isEmpty()) city = "unknown";
        return new Post(city, person(network, author), kind.equals("repost"), kind.equals("deletion"), millis(time));
    }

    /** A text field of the object at which the parser stands; empty for null or without it. */
    private static String member(JsonParser p, String name) throws IOException {
        String found = "";
        if (p.currentToken() != JsonToken.START_OBJECT) return found;
        while (p.nextToken() == JsonToken.FIELD_NAME) {
            boolean wanted = p.currentName().equals(name);
            p.nextToken();
            if (wanted) found = p.getText();
            else p.skipChildren();
        }
        return found;
    }

    /** The first text of the array at which the parser stands; empty for null or an empty one. */
    private static String first(JsonParser p) throws IOException {
        if (p.currentToken() != JsonToken.START_ARRAY) return "";
        String found = p.nextToken() == JsonToken.END_ARRAY ? "" : p.getText();
        while (p.currentToken() != JsonToken.END_ARRAY) p.nextToken();
        return found;
    }

    /** One spelling for a city: `New York` and `new-york` are the same. */
    private static String city(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (!(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-'))
                return name.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", "-");
        }
        return name;
    }

    private static long person(String network, String id) {
        byte[] bytes = (network + '\0' + id).getBytes(StandardCharsets.UTF_8);
        return HASH.hash(bytes, 0, bytes.length, 0);
    }

    /** Milliseconds of a time; `2026-03-01T00:00:00.000Z` by hand, since parsing any ISO time costs more than the rest. */
    static long millis(String t) {
        if (t.length() != 24 || t.charAt(23) != 'Z') return Instant.parse(t).toEpochMilli();
        long day = LocalDate.of(number(t, 0, 4), number(t, 5, 7), number(t, 8, 10)).toEpochDay();
        int second = (number(t, 11, 13) * 60 + number(t, 14, 16)) * 60 + number(t, 17, 19);
        return (day * 86_400 + second) * 1000 + number(t, 20, 23);
    }

    private static int number(String t, int from, int to) {
        return Integer.parseInt(t, from, to, 10);
    }
}
