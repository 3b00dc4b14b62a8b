//! `erase`: a post that was taken back leaves the log, bytes and all.

use domain::{Document, Head, Kind, Post, Score};
use flow::{Batch, Format, Log, Refused, Result, Sink, Value};
use std::sync::Arc;

/// Follows the deletions among the posts and erases what they take back: the post, and the reposts of it, which stand
/// under the same key; and so among the documents, with what models said of them. The deletions themselves stay, for those who have
/// yet to read them.
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
    fn write(&mut self, batches: &[Batch], format: Format) -> Result<Vec<Refused>> {
        for batch in batches {
            let records = batch.block.records(batch.base, batch.from);
            let taken_back = records.filter(|record| kind(&batch.topic, format, record.value) == Some(Kind::Deletion));
            let keys: Vec<(&[u8], u64)> = taken_back.map(|record| (record.key, record.offset)).collect();
            if keys.is_empty() {
                continue;
            }
            self.log.erase(&batch.topic, batch.partition, &keys)?;
            if batch.topic == Document::TOPIC {
                let all: Vec<(&[u8], u64)> = keys.iter().map(|(key, _)| (*key, u64::MAX)).collect();
                self.log.erase(Score::TOPIC, batch.partition, &all)?;
            }
        }
        Ok(vec![])
    }
}

/// What kind of event a post is, or the post of a document, whose first fields are the post's.
fn kind(topic: &str, format: Format, value: Option<&[u8]>) -> Option<Kind> {
    match topic {
        Post::TOPIC => format.decode::<Head<'_>>(value?).ok().map(|head| head.kind),
        _ => format.decode::<Document<'_>>(value?).ok().map(|document| document.post.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Said;
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
    fn so_do_its_documents_and_what_was_said_of_it() {
        let log = open("memory:", Access::Write).unwrap();
        log.declare(&[Document::TOPIC, Score::TOPIC].map(|topic| TopicSpec::new(topic, 1))).unwrap();
        let mut out = Out::new(log.format(), &[Document::TOPIC, Score::TOPIC].map(|topic| TopicSpec::new(topic, 1)));
        let document = |id: &'static str, kind| {
            let post = Post { kind, text: "words".into(), ..Post::deletion("x".into(), id.into(), Timestamp::from_seconds(1)) };
            Document { post, revision: 1, scores: vec![], missing: vec![], forecast: None }
        };
        for (id, kind) in [("1", Kind::Original), ("2", Kind::Original), ("1", Kind::Deletion)] {
            let document = document(id, kind);
            let said = Said { version: "1".into(), shadow: false, lang: "en".into(), answer: Err("language".into()) };
            out.send(document.post.time, &Score::of(&document.post, "mood", "a", said));
            out.send(document.post.time, &document);
        }
        let mark = Mark { watermark: Timestamp::MIN, at: Timestamp::MIN, done: false };
        log.append(out.take(&Producer::from("test"), mark, false)).unwrap();
        let left = |topic: &str| {
            let batches = log.read(topic, 0, 0, 1 << 20).unwrap();
            let keys = batches.iter().flat_map(|batch| batch.block.records(batch.base, 0));
            keys.map(|record| (record.offset, String::from_utf8(record.key.to_vec()).unwrap())).collect::<Vec<_>>()
        };
        let batches = log.read(Document::TOPIC, 0, 0, 1 << 20).unwrap();
        Erase::new(log.clone()).write(&batches, log.format()).unwrap();
        assert_eq!(left(Document::TOPIC), [(1, "2".to_owned()), (2, "1".to_owned())]);
        assert_eq!(left(Score::TOPIC), [(1, "2".to_owned())]);
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
