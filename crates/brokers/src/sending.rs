//! What every producer of transactions does with its client.

use crate::{Context, Own};
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode as Code};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use std::time::{Duration, Instant};

/// How often to look what has become of what is under way.
const LOOK: Duration = Duration::from_micros(200);

/// Hands a message over, waiting while the client's queue is full.
pub fn send<T: Own + 'static>(
    producer: &BaseProducer<Context<T>>,
    mut record: BaseRecord<'_, [u8], [u8], usize>,
    timeout: Duration,
) -> KafkaResult<()> {
    let until = Instant::now() + timeout;
    loop {
        match producer.send(record) {
            Ok(()) => return Ok(()),
            Err((KafkaError::MessageProduction(Code::QueueFull), back)) if Instant::now() < until => {
                record = back;
                producer.poll(Duration::from_millis(5));
            }
            Err((error, _)) => return Err(error),
        }
    }
}

/// Takes the transaction back. It waits for what is under way, and somebody must listen to what becomes of it.
pub fn abort<T: Own + 'static>(producer: &BaseProducer<Context<T>>, timeout: Duration) -> KafkaResult<()> {
    std::thread::scope(|scope| {
        let aborting = scope.spawn(|| producer.abort_transaction(timeout));
        while !aborting.is_finished() {
            producer.poll(Duration::ZERO);
            std::thread::sleep(LOOK);
        }
        aborting.join().unwrap_or(Err(KafkaError::Canceled))
    })
}
