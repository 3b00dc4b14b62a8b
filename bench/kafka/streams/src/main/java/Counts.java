import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import org.apache.kafka.streams.kstream.Windowed;

/**
 * What a window holds of a city, in the form in which it is stored: posts and reposts, 4 bytes each, then the people, 8 bytes
 * each and in order. To count a sighting is a binary search and a copy, with nothing to decode or encode around it.
 */
class Counts {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    private static final int HEAD = 8;

    static byte[] none() {
        return new byte[HEAD];
    }

    /** A post on its way to its city: the person, and whether it is a repost. */
    static byte[] sighting(Post post) {
        byte[] bytes = new byte[9];
        LONG.set(bytes, 0, post.person());
        bytes[8] = (byte) (post.repost() ? 1 : 0);
        return bytes;
    }

    static byte[] add(String city, byte[] sighting, byte[] old) {
        long person = (long) LONG.get(sighting, 0);
        int at = find(old, person);
        byte[] counts;
        if (at >= 0) {
            counts = old.clone();
        } else {
            int cut = HEAD + 8 * ~at;
            counts = Arrays.copyOf(old, old.length + 8);
            System.arraycopy(old, cut, counts, cut + 8, old.length - cut);
            LONG.set(counts, cut, person);
        }
        INT.set(counts, 0, (int) INT.get(counts, 0) + 1);
        INT.set(counts, 4, (int) INT.get(counts, 4) + sighting[8]);
        return counts;
    }

    /** Where the person is, or ~ of where to put them. */
    private static int find(byte[] counts, long person) {
        int low = 0, high = (counts.length - HEAD) / 8 - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long there = (long) LONG.get(counts, HEAD + 8 * middle);
            if (there == person) return middle;
            if (there < person) low = middle + 1;
            else high = middle - 1;
        }
        return ~low;
    }

    static String json(Windowed<String> window, byte[] counts) {
        StringBuilder out = new StringBuilder(128).append("{\"city\":\"");
        JsonStringEncoder.getInstance().quoteAsString(window.key(), out);
        return out.append("\",\"start\":\"").append(time(window.window().start()))
            .append("\",\"end\":\"").append(time(window.window().end()))
            .append("\",\"posts\":").append((int) INT.get(counts, 0))
            .append(",\"reposts\":").append((int) INT.get(counts, 4))
            .append(",\"people\":").append((counts.length - HEAD) / 8).append('}').toString();
    }

    private static String time(long millis) {
        return TIME.format(Instant.ofEpochMilli(millis));
    }
}
