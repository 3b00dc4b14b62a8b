/* Everything that a caller can do wrong, and what it comes to. Says "fine", or where it is not. layout.h is written by the test. */
#include "layout.h"
#include <goshawk_collector.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(what) ((what) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #what), exit(1)))
#define SAYS(collector, words) CHECK(strstr(goshawk_collector_error(collector), words))

static goshawk_collector *collector;
static goshawk_series kept;
static goshawk_event kept_events[8];
static char kept_json[256];
static int series_told, sizes_told, late_told, reentered;

static void on_series(void *user, const goshawk_series *series)
{
    CHECK(user == (void *)&series_told);
    series_told++;
    CHECK(series->events_count <= 8);
    memcpy(kept_events, series->events, series->events_count * sizeof *kept_events);
    kept = *series;
    kept.events = kept_events;
    CHECK(goshawk_collector_series_json(series, 0, kept_json, sizeof kept_json) == (int64_t)strlen(kept_json));
    /* a callback that calls back is refused, whatever it calls */
    CHECK(goshawk_collector_add(collector, 1, "b", 0, 1, 0, "") == GOSHAWK_BUSY);
    SAYS(collector, "callback");
    CHECK(goshawk_collector_advance(collector, 1, 0) == GOSHAWK_BUSY);
    CHECK(goshawk_collector_finish(collector) == GOSHAWK_BUSY);
    CHECK(goshawk_collector_free(collector) == GOSHAWK_BUSY);
    reentered++;
}

static void on_size(void *user, const goshawk_size *size)
{
    char json[256];
    (void)user;
    sizes_told++;
    CHECK(size->start_ms == 1000 && size->end_ms == 3500 && size->at_ms == 1803500 && size->size == 2 && size->reach == 1205);
    CHECK(goshawk_collector_size_json(size, 0, json, sizeof json) > 0);
    CHECK(!strcmp(json, "{\"type\": \"size\", \"cid\": 17, \"n_tot\": 2, \"t_end\": 3}"));
}

static void on_late(void *user, const goshawk_late *late)
{
    (void)user;
    late_told++;
    CHECK(late->source == 7 && late->time_ms == 999 && late->mark == 3 && late->number == 1 && !strcmp(late->cascade, "17"));
    CHECK(strstr(late->reason, "older"));
}

static goshawk_collector_options options(void)
{
    goshawk_collector_options options;
    goshawk_collector_options_init(&options, sizeof options);
    options.user = &series_told;
    options.on_series = on_series;
    options.on_size = on_size;
    options.on_late = on_late;
    options.min_size = 2;
    return options;
}

static void wrong_options(void)
{
    static const uint32_t no_window[] = {600, 0};
    goshawk_collector_options wrong;
    CHECK(!goshawk_collector_new(NULL));
    SAYS(NULL, "no options");
    memset(&wrong, 0, sizeof wrong);
    CHECK(!goshawk_collector_new(&wrong));
    SAYS(NULL, "goshawk_collector_options_init");
    memset(&wrong, 0xff, sizeof wrong);
    CHECK(!goshawk_collector_new(&wrong));
    wrong = options(), wrong.windows_s = NULL;
    CHECK(!goshawk_collector_new(&wrong));
    SAYS(NULL, "windows_s");
    wrong = options(), wrong.windows_s = no_window;
    CHECK(!goshawk_collector_new(&wrong));
    SAYS(NULL, "1 second");
    wrong = options(), wrong.silence_ms = 0;
    CHECK(!goshawk_collector_new(&wrong));
    SAYS(NULL, "silence_ms");
    wrong = options(), wrong.longest_ms = -5;
    CHECK(!goshawk_collector_new(&wrong));
    wrong = options(), wrong.lateness_ms = INT64_MIN;
    CHECK(!goshawk_collector_new(&wrong));
    goshawk_collector_options_init(NULL, 8);
    goshawk_collector_options_init(&wrong, 0);
}

/* A program of a newer version, with one more option, which this library knows only as zero. */
static void newer_options(void)
{
    struct {
        goshawk_collector_options known;
        uint64_t more;
    } newer;
    newer.more = 5;
    goshawk_collector_options_init(&newer.known, sizeof newer);
    CHECK(newer.known.size == sizeof newer && newer.more == 0 && newer.known.min_size == 10);
    goshawk_collector *made = goshawk_collector_new(&newer.known);
    CHECK(made && goshawk_collector_free(made) == GOSHAWK_OK);
    newer.more = 1;
    CHECK(!goshawk_collector_new(&newer.known));
    SAYS(NULL, "newer");
}

static void wrong_posts(void)
{
    static const char latin[] = {'o', '\xe9', 0};
    CHECK(goshawk_collector_add(NULL, 1, "a", 0, 1, 0, "") == GOSHAWK_INVALID);
    CHECK(goshawk_collector_add(collector, 1, NULL, 0, 1, 0, "") == GOSHAWK_INVALID);
    SAYS(collector, "no name");
    CHECK(goshawk_collector_add(collector, 1, "", 0, 1, 0, "") == GOSHAWK_INVALID);
    CHECK(goshawk_collector_add(collector, 1, latin, 0, 1, 0, "") == GOSHAWK_INVALID);
    SAYS(collector, "UTF-8");
    CHECK(goshawk_collector_add(collector, 1, "a", 0, 1, 0, latin) == GOSHAWK_INVALID);
    CHECK(goshawk_collector_add(collector, 1, "a", -1, 1, 0, "") == GOSHAWK_INVALID);
    SAYS(collector, "time");
    CHECK(goshawk_collector_add(collector, 1, "a", INT64_MAX, 1, 0, "") == GOSHAWK_INVALID);
    CHECK(goshawk_collector_add(collector, 1, "a", 0, (double)NAN, 0, "") == GOSHAWK_INVALID);
    SAYS(collector, "mark");
    CHECK(goshawk_collector_add(collector, 1, "a", 0, (double)INFINITY, 0, "") == GOSHAWK_INVALID);
    CHECK(goshawk_collector_add(collector, 1, "a", 0, -1, 0, "") == GOSHAWK_INVALID);
    CHECK(goshawk_collector_advance(collector, 1, INT64_MIN) == GOSHAWK_INVALID);
    CHECK(goshawk_collector_advance(NULL, 1, 0) == GOSHAWK_INVALID);
    CHECK(goshawk_collector_finish(NULL) == GOSHAWK_INVALID);
}

static void messages(void)
{
    static const char *message =
        "{\"type\": \"serie\", \"cid\": 17, \"msg\": \"it's\", \"T_obs\": 600, \"tweets\": [[1, 1200], [3.5, 5]]}";
    char json[256], *end = json + 5;
    int64_t length = (int64_t)strlen(message);
    CHECK(!strcmp(kept_json, message));
    kept.cascade = "17", kept.text = "it's";
    CHECK(goshawk_collector_series_json(&kept, 0, NULL, 0) == length);
    memset(json, 'x', sizeof json);
    CHECK(goshawk_collector_series_json(&kept, 0, json, 5) == length && !json[0] && *end == 'x');
    CHECK(goshawk_collector_series_json(&kept, 0, json, (size_t)length) == length && !json[0]);
    CHECK(goshawk_collector_series_json(&kept, 0, json, (size_t)length + 1) == length && !strcmp(json, message));
    CHECK(goshawk_collector_series_json(&kept, GOSHAWK_JSON_SAFE_QUOTES, json, sizeof json) == length + 2);
    CHECK(goshawk_collector_series_json(&kept, 8, json, sizeof json) == GOSHAWK_INVALID && !json[0]);
    CHECK(goshawk_collector_series_json(NULL, 0, json, sizeof json) == GOSHAWK_INVALID);
    CHECK(goshawk_collector_size_json(NULL, 0, NULL, 0) == GOSHAWK_INVALID);
    kept.events = NULL;
    CHECK(goshawk_collector_series_json(&kept, 0, json, sizeof json) == GOSHAWK_INVALID);
}

int main(void)
{
    goshawk_collector_options chosen = options();
    CHECK(goshawk_collector_abi() == GOSHAWK_COLLECTOR_ABI && !strcmp(goshawk_collector_version(), GOSHAWK_LAYOUT_VERSION));
    wrong_options();
    newer_options();
    collector = goshawk_collector_new(&chosen);
    CHECK(collector && !*goshawk_collector_error(collector));
    wrong_posts();
    CHECK(goshawk_collector_add(collector, 7, "17", 1000, 1.2e3, 0, "it's") == GOSHAWK_OK);
    CHECK(goshawk_collector_add(collector, 7, "17", 999, 3, 1, NULL) == GOSHAWK_OK && late_told == 1);
    CHECK(goshawk_collector_add(collector, 7, "17", 3500, 4.6, -1, NULL) == GOSHAWK_OK);
    CHECK(goshawk_collector_advance(collector, 8, INT64_MAX) == GOSHAWK_OK && !series_told);
    CHECK(goshawk_collector_advance(collector, 7, 600999) == GOSHAWK_OK && !series_told);
    CHECK(goshawk_collector_advance(collector, 7, 601000) == GOSHAWK_OK && series_told == 1);
    CHECK(kept.source == 7 && kept.start_ms == 1000 && kept.at_ms == 601000 && kept.window_s == 600 && kept.size == 2);
    CHECK(kept.reach == 1205 && kept.events_count == 2 && kept_events[1].after_ms == 2500 && kept_events[1].mark == 5);
    messages();
    CHECK(goshawk_collector_finish(collector) == GOSHAWK_OK && series_told == 2 && sizes_told == 1 && reentered == 2);
    CHECK(goshawk_collector_add(collector, 7, "17", 0, 1, 0, "") == GOSHAWK_FINISHED);
    SAYS(collector, "finished");
    CHECK(goshawk_collector_finish(collector) == GOSHAWK_OK);
    CHECK(goshawk_collector_free(collector) == GOSHAWK_OK && goshawk_collector_free(NULL) == GOSHAWK_OK);
    puts("fine");
    return 0;
}
