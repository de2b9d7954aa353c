//! Judges bodies by the contract's schemas: each compiled once, violations worded for a learner.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use jsonschema::{Draft, Registry, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Value, json};

use super::{Broke, Contract, Violation, sides::Side};

/// The name under which validators know the document.
const DOCUMENT: &str = "urn:grader:contract";

/// Compiled schemas by whose words they judge and their pointer into the document (or, for a schema that stands
/// nowhere in it, its text).
#[derive(Clone, Default)]
pub(super) struct Validators(Arc<Mutex<Compiled>>);

type Compiled = HashMap<(Side, String), Arc<Validator>>;

impl fmt::Debug for Validators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Validators")
    }
}

impl Contract {
    /// What a value breaks of the schema at this pointer of the document. A schema that cannot be compiled (the
    /// reader refuses such contracts) breaks nothing.
    pub(super) fn judge(&self, side: Side, pointer: &str, value: &Value) -> Vec<Violation> {
        let compile = || compile(&side.of(&self.document), pointer);
        let Some(validator) = self.validator((side, pointer.to_owned()), compile) else {
            return Vec::new();
        };
        let mut all: Vec<Violation> = Vec::new();
        for error in validator.iter_errors(value) {
            explain(&error, &mut all);
        }
        all.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        all.dedup();
        all
    }

    /// Whether a client may send this value where this schema is asked for; its `$ref`s lead into the contract.
    pub fn accepts(&self, schema: &Value, value: &Value) -> bool {
        let compile = || {
            let mut document = Side::Request.of(&self.document);
            if let Value::Object(members) = &mut document {
                members.insert("x-schema".to_owned(), schema.clone());
            }
            compile(&document, "/x-schema")
        };
        let validator = self.validator((Side::Request, schema.to_string()), compile);
        validator.is_none_or(|v| v.is_valid(value))
    }

    fn validator(
        &self,
        key: (Side, String),
        compile: impl FnOnce() -> Result<Validator, String>,
    ) -> Option<Arc<Validator>> {
        let lock = || {
            self.validators
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(found) = lock().get(&key) {
            return Some(Arc::clone(found));
        }
        // Compiled outside the lock: checks that run side by side do not wait for each other.
        let made = Arc::new(compile().ok()?);
        lock().insert(key, Arc::clone(&made));
        Some(made)
    }

    /// Schemas that are not JSON Schema 2020-12: where (a pointer into the document), and what is wrong.
    pub(in crate::pack) fn bad_schemas(&self) -> Vec<(String, String)> {
        let mut bad: Vec<(String, String)> = Vec::new();
        let mut pointers: Vec<String> = Vec::new();
        for name in self.document["components"]["schemas"]
            .as_object()
            .into_iter()
            .flat_map(|s| s.keys())
        {
            pointers.push(format!(
                "/components/schemas/{}",
                name.replace('~', "~0").replace('/', "~1")
            ));
        }
        for op in &self.operations {
            pointers.extend(op.params.iter().map(|p| p.schema.pointer.clone()));
            pointers.extend(op.body.iter().map(|b| b.schema.pointer.clone()));
            pointers.extend(
                op.replies
                    .iter()
                    .filter_map(|r| Some(r.schema.as_ref()?.pointer.clone())),
            );
        }
        for pointer in pointers.iter().filter(|p| !p.is_empty()) {
            let Some(schema) = self.at(pointer) else {
                continue;
            };
            if let Err(e) = jsonschema::draft202012::meta::validate(schema) {
                let at = format!("{pointer}{}", e.instance_path().as_str());
                bad.push((at, format!("this is no schema: {e}")));
            }
        }
        // A bad schema spoils all that name it: those are not mentioned again.
        if bad.is_empty() {
            for pointer in pointers.iter().filter(|p| !p.is_empty()) {
                if let Err(e) = compile(&self.document, pointer) {
                    bad.push((pointer.clone(), format!("this schema cannot be used: {e}")));
                }
            }
        }
        bad.sort();
        bad.dedup();
        bad
    }
}

fn compile(document: &Value, pointer: &str) -> Result<Validator, String> {
    let registry = Registry::new()
        .draft(Draft::Draft202012)
        .add(DOCUMENT, document)
        .and_then(|r| r.prepare())
        .map_err(|e| e.to_string())?;
    let schema = json!({"$ref": format!("{DOCUMENT}#{}", encode(pointer))});
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_registry(&registry)
        .should_validate_formats(true)
        .should_ignore_unknown_formats(true)
        .build(&schema)
        .map_err(|e| e.to_string())
}

/// A pointer as the fragment of a URI.
fn encode(pointer: &str) -> String {
    let mut out = String::new();
    for byte in pointer.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/$".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// One error as a violation; errors of alternatives as those of the alternative that is nearest.
fn explain(error: &ValidationError<'_>, all: &mut Vec<Violation>) {
    if let ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } =
        error.kind()
    {
        // The alternative that broke on the type alone was not the one that was meant.
        let near = context
            .iter()
            .filter(|way| !way.iter().any(|e| wrong_type(e, error)))
            .min_by_key(|w| w.len());
        if let Some(way) = near.filter(|way| !way.is_empty()) {
            way.iter().for_each(|e| explain(e, all));
            return;
        }
    }
    let pointer = error.instance_path().as_str().to_owned();
    let subject = if pointer.is_empty() {
        "the body".to_owned()
    } else {
        format!("`{pointer}`")
    };
    let saw = short(error.instance());
    let what = match error.kind() {
        ValidationErrorKind::Type { .. } => {
            format!("{subject} is {saw}, expected {}", expected(error))
        }
        ValidationErrorKind::Required { property } => {
            format!(
                "{subject} lacks `{}`",
                property.as_str().unwrap_or_default()
            )
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            format!(
                "{subject} has `{}`, which the contract does not know",
                unexpected.join("`, `")
            )
        }
        ValidationErrorKind::Enum { options } => {
            format!("{subject} is {saw}, expected one of {}", short(options))
        }
        ValidationErrorKind::Constant { expected_value } => {
            format!("{subject} is {saw}, expected {}", short(expected_value))
        }
        ValidationErrorKind::Format { format } => {
            format!("{subject} is {saw}, which is no {format}")
        }
        ValidationErrorKind::Pattern { pattern } => {
            format!("{subject} is {saw}, which does not match `{pattern}`")
        }
        ValidationErrorKind::Minimum { limit } => {
            format!("{subject} is {saw}, expected at least {limit}")
        }
        ValidationErrorKind::Maximum { limit } => {
            format!("{subject} is {saw}, expected at most {limit}")
        }
        ValidationErrorKind::AnyOf { .. } | ValidationErrorKind::OneOfNotValid { .. } => {
            format!("{subject} is {saw}, which is none of the alternatives in the contract")
        }
        _ => format!("{subject}: {error}"),
    };
    let kind = kind(error);
    all.push(Violation {
        pointer,
        what,
        kind,
    });
}

fn kind(error: &ValidationError<'_>) -> Broke {
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            Broke::Missing(property.as_str().unwrap_or_default().to_owned())
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            Broke::Undeclared(unexpected.clone())
        }
        ValidationErrorKind::Type { .. } => Broke::Type,
        ValidationErrorKind::Format { .. } => Broke::Format,
        _ => Broke::Value,
    }
}

/// Whether the value as a whole is of another type than this alternative wants.
fn wrong_type(inner: &ValidationError<'_>, outer: &ValidationError<'_>) -> bool {
    matches!(inner.kind(), ValidationErrorKind::Type { .. })
        && inner.instance_path().as_str() == outer.instance_path().as_str()
}

fn expected(error: &ValidationError<'_>) -> String {
    use jsonschema::error::TypeKind;
    match error.kind() {
        ValidationErrorKind::Type {
            kind: TypeKind::Single(kind),
        } => kind.to_string(),
        ValidationErrorKind::Type {
            kind: TypeKind::Multiple(kinds),
        } => {
            let names: Vec<String> = kinds.iter().map(|k| k.to_string()).collect();
            names.join(" or ")
        }
        _ => String::new(),
    }
}

/// A value in at most 60 characters.
fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text,
    }
}
