/* Reads lines "source cascade seconds mark tweet|retweet text", writes Tweetoscope's messages: topic, key, value. */
#include <goshawk_collector.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint32_t windows[] = {600, 1200};

static void on_series(void *user, const goshawk_series *series)
{
    static char json[1 << 20];
    int64_t length = goshawk_collector_series_json(series, 0, json, sizeof json);
    if (length < 0 || (size_t)length >= sizeof json)
        fprintf(stderr, "a series of %" PRId64 " bytes is left out\n", length);
    else
        fprintf((FILE *)user, "cascade_series\t\t%s\n", json);
}

static void on_size(void *user, const goshawk_size *size)
{
    char json[1024];
    int64_t length = goshawk_collector_size_json(size, 0, json, sizeof json);
    if (length < 0 || (size_t)length >= sizeof json)
        return;
    for (size_t at = 0; at < sizeof windows / sizeof *windows; at++) /* whoever joins it with a series does so by window */
        fprintf((FILE *)user, "cascade_properties\t%" PRIu32 "\t%s\n", windows[at], json);
}

static void on_late(void *user, const goshawk_late *late)
{
    (void)user;
    fprintf(stderr, "post %" PRIu64 " of cascade %s is left out: %s\n", late->number, late->cascade, late->reason);
}

int main(void)
{
    goshawk_collector_options options;
    goshawk_collector_options_init(&options, sizeof options);
    options.user = stdout;
    options.on_series = on_series;
    options.on_size = on_size;
    options.on_late = on_late;
    options.windows_s = windows;
    options.windows_count = sizeof windows / sizeof *windows;
    options.min_size = 2;

    goshawk_collector *collector = goshawk_collector_new(&options);
    if (!collector) {
        fprintf(stderr, "%s\n", goshawk_collector_error(NULL));
        return 1;
    }
    char line[4096], cascade[64], kind[16], text[1024];
    uint64_t source;
    int64_t seconds;
    double mark;
    while (fgets(line, sizeof line, stdin)) {
        text[0] = 0;
        if (sscanf(line, "%" SCNu64 " %63s %" SCNd64 " %lf %15s %1023[^\n]", &source, cascade, &seconds, &mark, kind, text) < 5)
            fprintf(stderr, "not a post: %s", line);
        else if (goshawk_collector_add(collector, source, cascade, seconds * 1000, mark, !strcmp(kind, "retweet"), text))
            fprintf(stderr, "%s: %s", goshawk_collector_error(collector), line);
    }
    goshawk_collector_finish(collector);
    return goshawk_collector_free(collector);
}
