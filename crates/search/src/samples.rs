//! Small indices for tests.

use crate::aggregate::{Found, Limits, Plan, Scope};
use crate::document::{self, Reading};
use crate::mapping::{Mapping, schema};
use crate::sort::Sort;
use crate::{Result, run};
use serde_json::{Value, json};
use tantivy::merge_policy::NoMergePolicy;
use tantivy::query::{AllQuery, Query};
use tantivy::{DocAddress, Index, Searcher, TantivyDocument, Term};

/// Documents that can be searched; their ids are their places.
pub(crate) struct Sample {
    pub(crate) mapping: Mapping,
    pub(crate) searcher: Searcher,
}

/// Reads queries in tests.
pub(crate) type Queries<'a> = &'a dyn Fn(&Value) -> Result<Box<dyn Query>>;

pub(crate) fn all(_: &Value) -> Result<Box<dyn Query>> {
    Ok(Box::new(AllQuery))
}

impl Sample {
    /// Indexes documents, so many in a segment, then deletes some.
    pub(crate) fn new(mapping: &Value, documents: &[Value], segment: usize, deleted: &[usize]) -> Sample {
        let mapping = Mapping::read(mapping).unwrap();
        let mut index = Index::create_in_ram(schema());
        index.set_tokenizers(crate::analysis::tokenizers());
        let mut writer = index.writer_with_num_threads::<TantivyDocument>(1, 15_000_000).unwrap();
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let id = index.schema().get_field("_id").unwrap();
        let number = index.schema().get_field("_seq_no").unwrap();
        for (chunk, documents) in documents.chunks(segment.max(1)).enumerate() {
            for (place, source) in documents.iter().enumerate() {
                let name = (chunk * segment + place).to_string();
                let Reading::Whole(mut document) = document::read(&mapping, &name, source.as_object().unwrap()).unwrap() else {
                    panic!("a field is not in the mapping: {source}")
                };
                document.add_text(id, &name);
                document.add_u64(number, (chunk * segment + place) as u64);
                writer.add_document(document).unwrap();
            }
            writer.commit().unwrap();
        }
        for place in deleted {
            writer.delete_term(Term::from_field_text(id, &place.to_string()));
        }
        writer.commit().unwrap();
        let searcher = index.reader().unwrap().searcher();
        Sample { mapping, searcher }
    }

    pub(crate) fn id(&self, address: DocAddress) -> String {
        let segment = self.searcher.segment_reader(address.segment_ord);
        let ids = segment.fast_fields().str("_id").unwrap().unwrap();
        let mut id = String::new();
        ids.ord_to_str(ids.term_ords(address.doc_id).next().unwrap(), &mut id).unwrap();
        id
    }

    /// What aggregations answer, run by themselves, beside hits, and by tantivy's own way.
    pub(crate) fn aggregate(&self, aggs: &Value, query: &dyn Query, queries: Queries<'_>) -> Result<Value> {
        let scope = Scope { mapping: &self.mapping, now_millis: 1_775_000_000_000, limits: Limits::default(), query: queries };
        let plan = Plan::read(aggs, &scope)?;
        let fetch = |found: &Found<'_>| {
            let named = found.sort.is_named();
            let hit = |hit: &crate::sort::Hit| match named {
                true => json!({ "_id": self.id(hit.address), "sort": found.sort.values(hit) }),
                false => json!({ "_id": self.id(hit.address), "_score": crate::sort::shortest(hit.score) }),
            };
            Ok(found.hits.iter().map(hit).collect())
        };
        let answer = plan.answer(plan.run(&self.searcher, query)?, &self.searcher, &fetch, false)?;
        let sort = Sort::read(None, None, &self.mapping)?.collector(&self.searcher, 0, false);
        let beside = run::run(&self.searcher, query, sort, Some(plan.collector(&self.searcher)?))?;
        assert_eq!(plan.answer(beside.partial, &self.searcher, &fetch, false)?, answer);
        let pair = (tantivy::collector::Count, plan.collector(&self.searcher)?);
        let (_, beside) = self.searcher.search(query, &pair)?;
        assert_eq!(plan.answer(beside.0?, &self.searcher, &fetch, false)?, answer);
        Ok(serde_json::from_slice(&answer).unwrap())
    }
}
