// The header in C++, and what becomes of an exception: "throw" as an argument ends the process in order.
#include <goshawk_collector.h>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>

int main(int count, char **)
{
    static bool throws = count > 1;
    std::string told;
    goshawk_collector_options options;
    goshawk_collector_options_init(&options, sizeof options);
    options.user = &told;
    options.min_size = 1;
    options.on_size = [](void *user, const goshawk_size *size) {
        if (throws)
            throw std::runtime_error("from a callback");
        *static_cast<std::string *>(user) += size->cascade;
    };
    std::unique_ptr<goshawk_collector, int (*)(goshawk_collector *)> collector(goshawk_collector_new(&options), goshawk_collector_free);
    goshawk_collector_add(collector.get(), 0, "fi", 0, 1, 0, nullptr);
    goshawk_collector_add(collector.get(), 0, "ne", 1, 1, 0, nullptr);
    goshawk_collector_finish(collector.get());
    std::cout << told << std::endl;
}
