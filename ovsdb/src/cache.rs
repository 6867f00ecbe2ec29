//! Schemas and layouts shared between sessions: a thousand nodes with one version of Open vSwitch
//! keep one schema between them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::error::ApplyError;
use crate::replica::Layout;
use crate::schema::Schema;
use crate::update::Selection;

/// What sessions share; entries go with the last session that uses them.
#[derive(Debug, Default)]
pub struct SchemaCache {
    schemas: Mutex<Vec<Weak<Schema>>>,
    layouts: Mutex<Vec<(Weak<Schema>, Weak<Layout>)>>,
}

impl SchemaCache {
    /// The shared schema equal to `schema`.
    #[must_use]
    pub fn schema(&self, schema: Schema) -> Arc<Schema> {
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        schemas.retain(|known| known.strong_count() > 0);
        let known = schemas
            .iter()
            .filter_map(Weak::upgrade)
            .find(|known| **known == schema);
        known.unwrap_or_else(|| {
            let schema = Arc::new(schema);
            schemas.push(Arc::downgrade(&schema));
            schema
        })
    }

    /// The shared layout of a selection.
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn layout(
        &self,
        schema: &Arc<Schema>,
        selection: &Selection,
    ) -> Result<Arc<Layout>, ApplyError> {
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        layouts.retain(|(_, layout)| layout.strong_count() > 0);
        let known = layouts
            .iter()
            .filter(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(schema)))
            .filter_map(|(_, layout)| layout.upgrade())
            .find(|layout| layout.selection() == selection);
        if let Some(layout) = known {
            return Ok(layout);
        }
        let layout = Layout::new(schema, selection)?;
        layouts.push((Arc::downgrade(schema), Arc::downgrade(&layout)));
        Ok(layout)
    }
}
