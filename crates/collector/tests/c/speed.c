/* Adds a million posts of 10 sources and says how many it took a second. Each source has 200 cascades of 50 posts alive at a time. */
#include <goshawk_collector.h>
#include <stdio.h>
#include <time.h>

static void on_series(void *user, const goshawk_series *series)
{
    *(uint64_t *)user += series->events_count;
}

int main(void)
{
    enum { POSTS = 1000000, SOURCES = 10, ALIVE = 200, LENGTH = 50 };
    uint64_t listed = 0;
    goshawk_collector_options options;
    goshawk_collector_options_init(&options, sizeof options);
    options.user = &listed;
    options.on_series = on_series;
    goshawk_collector *collector = goshawk_collector_new(&options);
    clock_t start = clock();
    for (int post = 0; post < POSTS; post++) {
        int source = post % SOURCES, of_source = post / SOURCES;
        int generation = of_source / (ALIVE * LENGTH), within = of_source % (ALIVE * LENGTH);
        char cascade[32];
        snprintf(cascade, sizeof cascade, "%d", generation * ALIVE + within % ALIVE);
        if (goshawk_collector_add(collector, (uint64_t)source, cascade, of_source * 100LL, post % 997, within >= ALIVE, "some words"))
            return 1;
    }
    goshawk_collector_finish(collector);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("%d posts, %llu listed, %.0f posts/s\n", POSTS, (unsigned long long)listed, POSTS / seconds);
    return goshawk_collector_free(collector);
}
