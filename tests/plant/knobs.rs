//! How a store of these tests behaves: what its contract says, and what a learner might do.

use serde_json::Value;

/// The store's manners; the default is a bare array of things with numbers for ids.
#[derive(Clone, Copy)]
pub(super) struct Knobs {
    /// What stands before every path.
    pub(super) base: &'static str,
    /// The member about each thing in requests and replies.
    pub(super) envelope: Option<&'static str>,
    /// `/user` for the newest of `/users`.
    pub(super) single: Option<(&'static str, &'static str)>,
    /// The member that holds the key.
    pub(super) key: &'static str,
    /// What keys are like.
    pub(super) keys: Keys,
    /// Collections that keep to numbers in `id` all the same.
    pub(super) plain: &'static [&'static str],
    /// Collections whose things are known by the `number` that the client sent.
    pub(super) numbered: &'static [&'static str],
    /// What the reply to a create tells.
    pub(super) told: Told,
    /// The member of a list's reply that holds the items; the reply is a bare array without one.
    pub(super) items: Option<&'static str>,
    /// How lists are paged.
    pub(super) pages: Pages,
    /// The items of a page when nobody says how many.
    pub(super) size: usize,
    /// The most items of a page.
    pub(super) most: usize,
    /// Whether the parameter `sort` is listened to.
    pub(super) sorts: bool,
    /// What is wrong with lists.
    pub(super) rude: Rude,
    /// Members that must be keys of a collection, wherever they stand: `("venue_id", "venues")`.
    pub(super) refs: &'static [(&'static str, &'static str)],
    /// Filters of lists are not listened to.
    pub(super) deaf: bool,
}

/// What keys are like.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Keys {
    Number,
    Text,
    Uuid,
    /// Made of this member's value.
    Slug(&'static str),
    /// This member, as the client sent it.
    Field(&'static str),
    /// JSON as it stands, the same for every thing.
    Always(&'static str),
    /// Numbers beyond 64 bits.
    Huge,
}

/// What the reply to a create tells.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Told {
    Whole,
    /// A `Location` beginning with this, and no body.
    Location(&'static str),
    Nothing,
    /// A body that is no JSON.
    Text,
}

/// How lists are paged.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Pages {
    Once,
    /// Parameter, member, and what stands before the cursor in the member.
    Cursor(&'static str, &'static str, &'static str),
    Offset(&'static str),
    /// Parameter and first page.
    Number(&'static str, usize),
}

/// What is wrong with lists.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Rude {
    Not,
    /// Every item is there twice.
    Twice,
    /// Always another cursor, and a page that is not empty.
    Endless,
    /// Always the same cursor.
    Circle,
    /// Items that are no objects stand between the others.
    Scalars,
    /// The whole list again, whatever page is asked for.
    Again,
    /// Every page but the first begins one item too late.
    Skips,
    /// Not JSON.
    Text,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            base: "",
            envelope: None,
            single: None,
            key: "id",
            keys: Keys::Number,
            plain: &[],
            numbered: &[],
            told: Told::Whole,
            items: None,
            pages: Pages::Once,
            size: 1000,
            most: 1000,
            sorts: false,
            rude: Rude::Not,
            refs: &[],
            deaf: false,
        }
    }
}

impl Knobs {
    /// The member that holds the key of a collection's things.
    pub(super) fn key_in(&self, kind: &str) -> &'static str {
        match kind {
            "labels" => "name",
            kind if self.numbered.contains(&kind) => "number",
            kind if self.plain.contains(&kind) => "id",
            _ => self.key,
        }
    }

    /// The key of the `n`th thing, as JSON text: a number may have more digits than a value can hold.
    pub(super) fn key_of(&self, kind: &str, n: usize, thing: &Value) -> String {
        match self.keys {
            _ if self.numbered.contains(&kind) => thing["number"].to_string(),
            _ if self.plain.contains(&kind) => n.to_string(),
            Keys::Number => n.to_string(),
            Keys::Text => format!("\"c-{n}\""),
            Keys::Uuid => format!("\"{}\"", uuid::Uuid::from_u128(n as u128)),
            Keys::Field(name) => thing[name].to_string(),
            Keys::Slug(name) => {
                let text = thing[name].as_str().unwrap_or_default().to_lowercase();
                let sign = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
                format!("\"{}-{n}\"", text.chars().map(sign).collect::<String>())
            }
            Keys::Always(json) => json.to_owned(),
            Keys::Huge => format!("1234567890123456789012{n:03}"),
        }
    }
}
