//! Tables as they were understood.

use crate::model::*;

/// Two tables, one with a copy of the other's, and one that nobody reads.
pub(crate) fn picture() -> Picture {
    let column = |name: &str, kind: &str, holds: &[&str], mark: Option<&str>| DrawnColumn {
        name: name.into(),
        type_name: kind.into(),
        holds: holds.iter().map(|&h| h.into()).collect(),
        entity: Some("venue".into()),
        mark: mark.map(str::to_owned),
        nullable: false,
    };
    let table = |name: &str, about: &str, columns: Vec<DrawnColumn>| DrawnTable {
        name: name.into(),
        about: vec![about.into()],
        read: name != "public.log",
        rows: 3,
        columns,
        primary_key: vec!["id".into()],
        ..DrawnTable::default()
    };
    let mut event = table(
        "public.event",
        "event",
        vec![
            column("id", "bigint", &["event"], None),
            column("venue_id", "bigint", &["venue"], None),
            column("venue_city", "text", &["venue.city"], Some("copy")),
        ],
    );
    event.references.push(DrawnReference {
        columns: vec!["venue_id".into()],
        table: "public.venue".into(),
        referenced: vec!["id".into()],
    });
    let wanted = |exists: &str, facts: &[&str]| Wanted {
        exists: Some(exists.into()),
        facts: facts.iter().map(|&f| f.into()).collect(),
    };
    Picture {
        tables: vec![
            event,
            table(
                "public.venue",
                "venue",
                vec![column("city", "text", &["venue.city"], None)],
            ),
            table("public.log", "", vec![column("what", "jsonb", &[], None)]),
        ],
        cures: vec![Cure {
            table: "public.event".into(),
            says: "venue.city depends on the venue, and `venue_id` is no key of `public.event`"
                .into(),
            instead: vec![
                wanted("public.event", &["event", "venue"]),
                wanted("public.venue", &["venue", "venue.city"]),
            ],
        }],
    }
}
