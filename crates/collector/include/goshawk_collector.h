/**
 * @file goshawk_collector.h
 * Goshawk's collector: posts go in; partial cascades, sizes and late posts come out.
 *
 * A cascade is a post and its reposts. It is told of at the end of each observation window (a series), and again when nothing
 * was added to it for long enough (a size). Time is that of the posts alone, in milliseconds from 0, and every source has a
 * clock of its own. The library reads no clock, opens no file and starts no thread.
 *
 * Threads: each collector is used by one thread at a time, whichever. Several collectors may be used at once.
 *
 * Callbacks run inside the call that caused them, in the order of each source's time. What they are given is gone when they
 * return: copy what you keep. A callback must not call the collector that called it (it is refused with GOSHAWK_BUSY), must
 * not throw (the process ends) and must not jump out.
 *
 * Text is UTF-8 that ends in a zero. Structures may grow at their ends.
 *
 * Part of Goshawk, under the GNU General Public License, version 3 or later.
 */
#ifndef GOSHAWK_COLLECTOR_H
#define GOSHAWK_COLLECTOR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The number of this interface; it is in the shared library's name. Compare it with goshawk_collector_abi(). */
#define GOSHAWK_COLLECTOR_ABI 1

/** @name What calls return */
/**@{*/
#define GOSHAWK_OK 0        /**< Done. */
#define GOSHAWK_INVALID -1  /**< An argument is wrong. Nothing has changed. */
#define GOSHAWK_BUSY -2     /**< Called from a callback, or by two threads at once. Nothing has changed. */
#define GOSHAWK_FINISHED -3 /**< The collector is finished. Nothing has changed. */
#define GOSHAWK_BROKEN -4   /**< The library has a mistake, and the collector can only be freed. */
/**@}*/

/** For the JSON functions: quotes in text become typographic ones, for nodes that take every ' for a ". */
#define GOSHAWK_JSON_SAFE_QUOTES 1u

/** A collector. */
typedef struct goshawk_collector goshawk_collector;

/** A post in a series. */
typedef struct goshawk_event {
    uint64_t after_ms; /**< Milliseconds after the first post. */
    uint64_t mark;     /**< How many follow its author. */
} goshawk_event;

/** A cascade as far as one observation window saw it. */
typedef struct goshawk_series {
    uint64_t source;             /**< Whose clock the times are of. */
    const char *cascade;         /**< The cascade's name. */
    const char *text;            /**< What its first post says, cut to the option text_bytes. */
    int64_t start_ms;            /**< When it started. */
    int64_t at_ms;               /**< When the window ended. */
    uint64_t size;               /**< Posts in the window, the first among them. */
    uint64_t reach;              /**< Their marks, added up. */
    const goshawk_event *events; /**< The posts, the oldest first. */
    size_t events_count;         /**< How many are listed: less than size if there were more than the option max_listed. */
    uint32_t window_s;           /**< How long the window was, in seconds. */
} goshawk_series;

/** What a cascade came to. */
typedef struct goshawk_size {
    uint64_t source;     /**< Whose clock the times are of. */
    const char *cascade; /**< The cascade's name. */
    const char *text;    /**< What its first post says, cut to the option text_bytes. */
    int64_t start_ms;    /**< When it started. */
    int64_t end_ms;      /**< When its last post came. */
    int64_t at_ms;       /**< When it was known to have ended. */
    uint64_t size;       /**< All its posts, the first among them. */
    uint64_t reach;      /**< Their marks, added up. */
} goshawk_size;

/** A post that was not taken in: it came too late, its first post was never seen, or its cascade has a first post already. */
typedef struct goshawk_late {
    uint64_t source;     /**< Whose clock the time is of. */
    const char *cascade; /**< The cascade's name. */
    int64_t time_ms;     /**< When it was posted. */
    uint64_t mark;       /**< How many follow its author. */
    uint64_t number;     /**< Which of all posts that were added it is, from 0. */
    const char *reason;  /**< Why, for people. */
} goshawk_late;

/** What a collector is made with. Fill it with goshawk_collector_options_init, then change what you like. */
typedef struct goshawk_collector_options {
    size_t size;                                         /**< Set by goshawk_collector_options_init. */
    void *user;                                          /**< Handed to the callbacks. */
    void (*on_series)(void *user, const goshawk_series *); /**< NULL, as all three are at first: not told. */
    void (*on_size)(void *user, const goshawk_size *);
    void (*on_late)(void *user, const goshawk_late *);
    const uint32_t *windows_s; /**< How long cascades are observed, in seconds: 600, 1200. Copied by goshawk_collector_new. */
    size_t windows_count;      /**< How many windows: 2. At most 64; with 0 there are sizes alone. */
    int64_t silence_ms;        /**< A cascade has ended when nothing was added for so long: 1800000. */
    int64_t longest_ms;        /**< It has ended so long after its start, whatever comes: 604800000, a week. */
    int64_t remember_ms;       /**< That it has ended is remembered for so long, of those told of: 86400000, a day. */
    int64_t lateness_ms;       /**< So much older than the newest of its source may a post be; everything is told so much later: 0. */
    uint64_t min_size;         /**< Of a smaller cascade nothing is told: 10. */
    uint64_t max_listed;       /**< So many posts are listed in a series; the others are counted: 100000. */
    uint64_t text_bytes;       /**< So many bytes of the first post are kept, cut between letters: 100. */
} goshawk_collector_options;

/** Fills options with the defaults. Always called as goshawk_collector_options_init(&options, sizeof options). */
void goshawk_collector_options_init(goshawk_collector_options *options, size_t size);

/** Makes a collector; NULL where an option is wrong, and goshawk_collector_error(NULL) says why. */
goshawk_collector *goshawk_collector_new(const goshawk_collector_options *options);

/** Frees a collector. What was not told is forgotten: call goshawk_collector_finish before. NULL is freed already. */
int goshawk_collector_free(goshawk_collector *collector);

/**
 * Takes a post in. First the clock of its source moves to the post's time, less the option lateness_ms, and everything that is due
 * by then is told.
 *
 * @param source   Whose clock it was posted by. The same cascade of two sources is two cascades.
 * @param cascade  The cascade's name; not empty.
 * @param time_ms  When, from 0 to 100000000000000.
 * @param mark     How many follow its author, 0 or more; rounded.
 * @param is_repost 0 for the first post of a cascade, anything else for another.
 * @param text     What it says; may be NULL. Of a repost it does not matter.
 */
int goshawk_collector_add(goshawk_collector *collector, uint64_t source, const char *cascade, int64_t time_ms, double mark,
                          int is_repost, const char *text);

/** Moves a source's clock as a post of this time would, so that an idle source's cascades end. INT64_MAX ends all of them. */
int goshawk_collector_advance(goshawk_collector *collector, uint64_t source, int64_t time_ms);

/** Closes every cascade of every source as if time went on. After it nothing more can be added. */
int goshawk_collector_finish(goshawk_collector *collector);

/**
 * Why the last call that failed did so, until the next call on this collector; with NULL, why this thread's last
 * goshawk_collector_new did, until the next.
 */
const char *goshawk_collector_error(const goshawk_collector *collector);

/**
 * Writes a series as Tweetoscope's message, a value of its topic cascade_series, which has no key.
 *
 * @param flags  0 or GOSHAWK_JSON_SAFE_QUOTES.
 * @return how many bytes the message has without the zero at its end; negative where it cannot be written. If that is not less
 *         than length, nothing but a zero was written (and not even that where length is 0): call again with more room.
 */
int64_t goshawk_collector_series_json(const goshawk_series *series, uint32_t flags, char *buffer, size_t length);

/**
 * Writes a size as Tweetoscope's message, a value of its topic cascade_properties. Send it once for each window, with the window's
 * seconds as the key. Returns as goshawk_collector_series_json does.
 */
int64_t goshawk_collector_size_json(const goshawk_size *size, uint32_t flags, char *buffer, size_t length);

/** The library's version, as "0.1.0". */
const char *goshawk_collector_version(void);

/** The library's GOSHAWK_COLLECTOR_ABI. */
uint32_t goshawk_collector_abi(void);

#ifdef __cplusplus
}
#endif

#endif
