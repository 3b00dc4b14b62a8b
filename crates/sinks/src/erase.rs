//! `erase`: a post that was taken back leaves the log, bytes and all.

use domain::{Head, Kind, Post};
use flow::{Batch, Format, Log, Result, Sink, Value};
use std::sync::Arc;

/// Follows the deletions among the posts and erases what they take back: the post, and the reposts of it, which stand
/// under the same key. The deletion itself stays, for those who have yet to read it.
pub struct Erase {
    log: Arc<dyn Log>,
}

impl Erase {
    /// Erases on this log.
    pub fn new(log: Arc<dyn Log>) -> Self {
        Erase { log }
    }
}

impl Sink for Erase {
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<()> {
        for batch in batches {
            let records = batch.block.records(batch.base, batch.from);
            let taken_back = records.filter(|record| {
                let head = record.value.and_then(|value| format.decode::<Head<'_>>(value).ok());
                head.is_some_and(|head| head.kind == Kind::Deletion)
            });
            let keys: Vec<(&[u8], u64)> = taken_back.map(|record| (record.key, record.offset)).collect();
            if !keys.is_empty() {
                self.log.erase(Post::TOPIC, batch.partition, &keys)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flow::{Mark, Out, Producer, Timestamp, TopicSpec};
    use journal::{Access, open};

    fn write(log: &dyn Log, posts: &[Post<'_>]) {
        let mut out = Out::new(log.format(), &[TopicSpec::new(Post::TOPIC, 2)]);
        for post in posts {
            out.send(post.time, post);
        }
        let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
        log.append(out.take(&Producer::from("test"), mark, false)).unwrap();
    }

    fn all(log: &dyn Log) -> Vec<Batch> {
        (0..2).flat_map(|partition| log.read(Post::TOPIC, partition, 0, 1 << 20).unwrap()).collect()
    }

    fn texts(log: &dyn Log) -> Vec<String> {
        let mut texts = vec![];
        for batch in all(log) {
            for record in batch.block.records(batch.base, 0) {
                let post: Post<'_> = log.format().decode(record.value.unwrap()).unwrap();
                texts.push(format!("{:?} {} {}", post.kind, post.id, post.text));
            }
        }
        texts.sort();
        texts
    }

    #[test]
    fn a_deletion_takes_the_post_and_its_reposts_and_stays_itself() {
        for url in ["memory:".to_owned(), format!("disk:{}", tempfile::tempdir().unwrap().path().join("log").display())] {
            let log = open(&url, Access::Write).unwrap();
            log.declare(&[TopicSpec::new(Post::TOPIC, 2)]).unwrap();
            let deletion = |id: &'static str| Post::deletion("x".into(), id.into(), Timestamp::from_seconds(9));
            let post = |id: &'static str, root: &'static str, kind: Kind, text: &'static str| Post {
                root: root.into(),
                kind,
                text: text.into(),
                ..deletion(id)
            };
            write(&*log, &[post("1", "1", Kind::Original, "regretted"), post("2", "1", Kind::Repost, "RT regretted")]);
            write(&*log, &[post("3", "3", Kind::Original, "kept"), deletion("1"), post("4", "1", Kind::Repost, "RT after")]);
            let mut erase = Erase::new(log.clone());
            for _ in 0..2 {
                erase.write(&all(&*log), log.format()).unwrap();
                assert_eq!(texts(&*log), ["Deletion 1 ", "Original 3 kept", "Repost 4 RT after"]);
            }
        }
    }
}
