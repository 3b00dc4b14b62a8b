//! What is special on Apache Kafka.
