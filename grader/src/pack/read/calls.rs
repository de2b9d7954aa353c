//! Which operations read, list, change and remove an entity: found by the shape of their paths.

use crate::pack::{Method, Operation, PathTemplate, Segment};

use super::{Reader, tab::Tab};

/// The operations of an entity.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) read: Option<&'a Operation>,
    pub(super) list: Option<&'a Operation>,
    pub(super) update: Option<&'a Operation>,
    pub(super) delete: Option<&'a Operation>,
}

/// What the contract's paths say, unless the entity's table says otherwise (`read = "getMe"`, `list = false`).
pub(super) fn find<'a>(
    reader: &Reader<'a>,
    tab: &mut Tab<'_>,
    base: Option<&'a Operation>,
) -> Found<'a> {
    let mut found = base.map(|op| by_shape(reader, op)).unwrap_or_default();
    for (key, slot) in [
        ("read", &mut found.read),
        ("list", &mut found.list),
        ("update", &mut found.update),
        ("delete", &mut found.delete),
    ] {
        let Some(item) = tab.get(key) else { continue };
        *slot = if item.is_text() {
            reader.op_of(&item)
        } else if item.flag() == Some(true) {
            item.wrong("an operation, or false where there is none")
        } else {
            None
        };
    }
    found
}

/// `base` makes one (`POST /venues`, `PUT /venues/{slug}`) or lists them (`GET /venues`).
fn by_shape<'a>(reader: &Reader<'a>, base: &Operation) -> Found<'a> {
    let collection = match base.path.segments.split_last() {
        Some((Segment::Param(_), rest)) if base.method == Method::Put => PathTemplate {
            base: base.path.base.clone(),
            segments: rest.to_vec(),
        },
        _ => base.path.clone(),
    };
    let all = &reader.contract.operations;
    let item = |method: Method| {
        let deep = all
            .iter()
            .find(|o| o.method == method && o.path.is_item_of(&collection));
        deep.or_else(|| {
            all.iter()
                .find(|o| o.method == method && is_shallow(&o.path, &collection))
        })
    };
    let list = all
        .iter()
        .find(|o| o.method == Method::Get && o.listing.is_some() && o.path.same_shape(&collection));
    Found {
        read: item(Method::Get),
        list: list.or_else(|| shallow_list(all, &collection)),
        update: item(Method::Patch).or_else(|| item(Method::Put)),
        delete: item(Method::Delete),
    }
}

/// `/ticket-types/{id}` for things made under `/events/{event_id}/ticket-types`.
fn is_shallow(path: &PathTemplate, collection: &PathTemplate) -> bool {
    match path.segments.as_slice() {
        [name @ Segment::Text(_), Segment::Param(_)] => {
            collection.segments.len() > 1 && collection.segments.last() == Some(name)
        }
        _ => false,
    }
}

fn shallow_list<'a>(all: &'a [Operation], collection: &PathTemplate) -> Option<&'a Operation> {
    let last = collection
        .segments
        .last()
        .filter(|_| collection.segments.len() > 1)?;
    all.iter().find(|o| {
        o.method == Method::Get
            && o.listing.is_some()
            && o.path.segments == std::slice::from_ref(last)
    })
}
