//! `at=`: the model of every moment is the one that was there, for whatever happened since, and from
//! wherever the way to it begins.

use std::sync::Arc;

use api::{At, Backend, Context};
use proptest::prelude::*;
use weft::ledger::{self, Author, Database, Ledger};
use weft::model::{Change, Draft, Model};
use weft::service::{Service, Settings};

use crate::story::{self, Event};

/// Writes what happened; the model after it.
async fn record(ledger: &Ledger, changes: Vec<Change>) -> Arc<Model> {
    let write = ledger.write(Author::default(), move |draft: &mut Draft| {
        for change in &changes {
            match &change.after {
                Some(record) => draft.put(record.clone()),
                None => draft.remove(change.kind, change.id),
            };
        }
        Ok::<_, ()>(())
    });
    write.await.unwrap().0
}

async fn tell(events: Vec<Event>, looks: Vec<prop::sample::Index>) {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::Sqlite(folder.path().join("weft.db"));
    let ledger = Ledger::open(ledger::Settings::new(database)).await.unwrap();
    let service = Service::new(ledger.clone(), Settings::default());
    let mut models = vec![ledger.model()];
    let mut cloud = story::beginning();
    let beginning = cloud.model.clone();
    let all = api::Kind::ALL
        .iter()
        .flat_map(|kind| beginning.records(*kind));
    let made = all.map(|record| Change {
        kind: record.kind(),
        id: record.id(),
        before: None,
        after: Some(record),
    });
    models.push(record(&ledger, made.collect()).await);
    for event in &events {
        let changes = story::happen(&mut cloud, event);
        let model = record(&ledger, changes).await;
        // What only facts show is no commit.
        if model.revision() > models.last().unwrap().revision() {
            models.push(model);
        }
    }
    let log = ledger.log(0, 1_000).await.unwrap();
    let context = Context::admin("p", "req-1");
    for look in looks {
        let then = look.get(&models);
        let view = service.view_at(&context, At::Revision(then.revision()));
        assert_eq!(view.await.unwrap().model(), then);
        let Some(commit) = log.iter().find(|c| c.revision == then.revision()) else {
            continue;
        };
        let last = log
            .iter()
            .rev()
            .find(|c| c.time_micros <= commit.time_micros);
        let view = service.view_at(&context, At::TimeMicros(commit.time_micros));
        let revision = view.await.unwrap().model().revision();
        assert_eq!(revision, last.unwrap().revision);
    }
    ledger.close().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_model_at_a_revision_is_the_one_that_was_there(
        events in prop::collection::vec(story::event(), 1..60),
        // More looks than models are kept, so that the way goes back and forth.
        looks in prop::collection::vec(any::<prop::sample::Index>(), 1..30),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(tell(events, looks));
    }
}
