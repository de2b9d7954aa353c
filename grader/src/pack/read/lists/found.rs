//! What a list's parameters say by themselves: filters by their names, sorts by their enums.

use serde_json::Value;

use crate::pack::openapi::shape;
use crate::pack::{
    By, Contract, Entity, Fact, Filter, Keeps, ListRules, On, Operation, Param, ParamPlace, Parent,
    Sort, Spot,
};

const SORTS: [&str; 7] = [
    "sort", "sort_by", "sortBy", "order_by", "orderBy", "ordering", "order",
];
const WAYS: [&str; 8] = [
    "order",
    "direction",
    "dir",
    "sort_dir",
    "sort_order",
    "sortOrder",
    "sort_direction",
    "sortDirection",
];

pub(super) fn rules(contract: &Contract, op: &Operation, entity: &Entity) -> ListRules {
    let (sorts, order) = sorts(contract, op, entity);
    let query = op.params.iter().filter(|p| p.place == ParamPlace::Query);
    ListRules {
        entity: entity.name.clone(),
        order: order.into_iter().collect(),
        filters: query.filter_map(|p| filter(contract, p, entity)).collect(),
        sorts,
        own_cursors: false,
    }
}

/// A parameter that bears the name of a parent's key, or of a fact that is a text, a flag or one of a few words.
/// Numbers and instants are left alone: `price=100` may mean at most, or at least.
fn filter(contract: &Contract, param: &Param, entity: &Entity) -> Option<Filter> {
    let name = param.name.as_str();
    let filter = |on, keeps| {
        Some(Filter {
            param: param.name.clone(),
            on,
            keeps,
        })
    };
    let parents = entity.parents.iter();
    let named = |parent: &Parent| match &parent.at.spot {
        Spot::Body(pointer) => pointer.last() == Some(name),
        Spot::Path(at) | Spot::Query(at) => at == name,
        _ => false,
    };
    if let Some((role, _)) = parents
        .into_iter()
        .find(|(role, p)| *role == name || named(p))
    {
        return filter(On::Parent(role.clone()), Keeps::Equal);
    }
    let fact = entity.facts.get(name)?;
    let is = |kind| shape::is(contract, &fact.schema, kind);
    let faces = shape::alternatives(contract, &fact.schema);
    let says = |word| faces.iter().any(|s| s.get(word).is_some());
    let on = On::Fact(fact.name.clone());
    let words = |schema: &&Value| {
        let all = schema.get("enum").and_then(Value::as_array);
        all.is_some_and(|all| all.iter().all(|v| v.is_string() || v.is_null()))
    };
    if is("boolean") || faces.iter().any(words) || (is("string") && says("const")) {
        return filter(on, Keeps::Equal);
    }
    (is("string") && !says("format") && !is("number") && !is("integer"))
        .then(|| filter(on, Keeps::Like))?
}

/// The orders that can be asked for, and the one that is the default.
fn sorts(contract: &Contract, op: &Operation, entity: &Entity) -> (Vec<Sort>, Option<By>) {
    let words = |param: &Param| -> Option<Vec<String>> {
        let all = contract
            .follow(&param.schema.value)
            .get("enum")?
            .as_array()?;
        all.iter().map(|v| v.as_str().map(str::to_owned)).collect()
    };
    let named = |names: &[&str], ways: bool| {
        names.iter().find_map(|name| {
            let param = op.param(ParamPlace::Query, name)?;
            let words = words(param)?;
            (words.iter().all(|w| way(w).is_some()) == ways).then_some((param, words))
        })
    };
    let Some((param, words)) = named(&SORTS, false) else {
        return (Vec::new(), None);
    };
    let ways = named(&WAYS, true);
    let default = |param: &Param| {
        let schema = contract.follow(&param.schema.value);
        schema
            .get("default")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let mut sorts = Vec::new();
    for word in &words {
        let Some((fact, said)) = fact_of(word, entity) else {
            continue;
        };
        let by = |falling| By {
            fact: fact.name.clone(),
            falling,
        };
        let one = (param.name.clone(), word.clone());
        match (&ways, said) {
            (Some((way_param, all)), None) => sorts.extend(all.iter().filter_map(|w| {
                let query = vec![one.clone(), (way_param.name.clone(), w.clone())];
                Some(Sort {
                    query,
                    by: by(way(w)?),
                })
            })),
            // Without a word for the other way, nobody says which way a bare name means: `created_at` is
            // often the newest first.
            (None, None) if !has_falling(&words, fact, entity) => {}
            (_, said) => sorts.push(Sort {
                query: vec![one],
                by: by(said == Some(true)),
            }),
        }
    }
    let usual = default(param).and_then(|word| {
        let way_is = ways.as_ref().map(|(p, _)| default(p));
        let fits = |s: &&Sort| {
            let same = s.query.first().is_some_and(|(_, w)| *w == word);
            same && match &way_is {
                Some(way) => s.query.get(1).map(|(_, w)| w) == way.as_ref(),
                None => true,
            }
        };
        sorts.iter().find(fits).map(|s| s.by.clone())
    });
    (sorts, usual)
}

fn has_falling(words: &[String], fact: &Fact, entity: &Entity) -> bool {
    let falls = |w: &String| {
        fact_of(w, entity).is_some_and(|(f, falls)| f.name == fact.name && falls == Some(true))
    };
    words.iter().any(falls)
}

/// `asc` or `desc`: whether it falls.
fn way(word: &str) -> Option<bool> {
    match word.to_ascii_lowercase().as_str() {
        "asc" | "ascending" => Some(false),
        "desc" | "descending" => Some(true),
        _ => None,
    }
}

/// The fact that a word of a sort names, and whether it falls, if the word says so: `-starts_at`,
/// `starts_at:desc`, `startsAtDesc`.
fn fact_of<'e>(word: &str, entity: &'e Entity) -> Option<(&'e Fact, Option<bool>)> {
    let find = |name: &str| {
        entity
            .facts
            .values()
            .find(|f| plain(&f.name) == plain(name))
    };
    if let Some(fact) = find(word).filter(|_| !word.starts_with(['-', '+'])) {
        return Some((fact, None));
    }
    if let Some(name) = word.strip_prefix('-') {
        return find(name).map(|f| (f, Some(true)));
    }
    if let Some(name) = word.strip_prefix('+') {
        return find(name).map(|f| (f, Some(false)));
    }
    let small = word.to_ascii_lowercase();
    for (end, falls) in [("desc", true), ("asc", false)] {
        if let Some(name) = small.strip_suffix(end) {
            return find(name).map(|f| (f, Some(falls)));
        }
    }
    None
}

/// Letters and digits alone, in lower case: `starts_at`, `startsAt` and `starts-at` are one name.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}
