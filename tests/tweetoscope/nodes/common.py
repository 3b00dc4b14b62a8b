"""What the nodes share: a stock Kafka client, topics of four partitions, and reading to the end of what is there."""

import argparse
import time
import zlib

from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import TopicAlreadyExistsError

PARTITIONS = 4
WINDOWS = [600, 1200]


def options(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--brokers", required=True)
    parser.add_argument("--prefix", default="", help="what the names of topics start with")
    return parser


def make_topics(args, *names, **configs):
    admin = KafkaAdminClient(bootstrap_servers=args.brokers)
    for name in names:
        try:
            admin.create_topics([NewTopic(args.prefix + name, PARTITIONS, 1, topic_configs=configs)])
        except TopicAlreadyExistsError:
            pass
    admin.close()


def producer(args):
    return KafkaProducer(bootstrap_servers=args.brokers, acks="all", linger_ms=5)


def by_key(key):
    """The partition that librdkafka, with which the C++ nodes are made, picks for a key."""
    return zlib.crc32(key) % PARTITIONS


def partition_of_window(t_obs):
    return WINDOWS.index(t_obs) % PARTITIONS


def read(args, group, *topics, limit_s=60):
    """Each message that is on the topics now; only what is committed."""
    topics = [args.prefix + topic for topic in topics]
    consumer = KafkaConsumer(
        *topics,
        bootstrap_servers=args.brokers,
        group_id=args.prefix + group,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    until, ends = time.time() + limit_s, None
    while True:
        for messages in consumer.poll(timeout_ms=100).values():
            yield from messages
        if ends is None and len(consumer.assignment()) == PARTITIONS * len(topics):
            ends = consumer.end_offsets(list(consumer.assignment()))
        if ends is not None and all(consumer.position(place) >= end for place, end in ends.items()):
            consumer.close()
            return
        if time.time() > until:
            raise SystemExit(f"{group}: not at the end of {topics} after {limit_s} s")
