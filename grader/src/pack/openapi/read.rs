//! From the file to the contract.

use serde_json::Value;

use crate::pack::{Contract, PackSource};

use super::super::read::log::{Log, Spot};
use super::operations::Reader;
use super::yaml::Document;
use super::{listing, refs, upgrade};

/// The names a contract's file may have.
const NAMES: [&str; 3] = ["openapi.yaml", "openapi.yml", "openapi.json"];

/// Reads the contract; `None` when there is nothing to go on with. The log says what is wrong.
pub(in crate::pack) fn read(source: &PackSource, log: &Log) -> Option<(Contract, Document)> {
    let (name, text) = find(source, log)?;
    log.file(name, &text);
    parse(name, &text, log)
}

fn find(source: &PackSource, log: &Log) -> Option<(&'static str, String)> {
    for name in NAMES {
        let spot = Spot::new(name, 0..0);
        match source.read(name) {
            Ok(None) => {}
            Ok(Some(bytes)) => match String::from_utf8(bytes) {
                Ok(text) => return Some((name, text)),
                Err(_) => {
                    log.say(&spot, "the file is not UTF-8 text", "save it as UTF-8");
                    return None;
                }
            },
            Err(fault) => {
                log.say(&spot, fault.to_string(), "make the file readable");
                return None;
            }
        }
    }
    log.say(
        &Spot::new(NAMES[0], 0..0),
        "there is no contract beside project.toml",
        "add the project's OpenAPI document as `openapi.yaml`",
    );
    None
}

/// Reads a contract from text.
pub(in crate::pack) fn parse(name: &str, text: &str, log: &Log) -> Option<(Contract, Document)> {
    let mut doc = Document::read(name, text, log)?;
    let version = doc.value["openapi"].as_str().unwrap_or_default().to_owned();
    match version.split('.').take(2).collect::<Vec<_>>().as_slice() {
        ["3", "0"] => upgrade::upgrade(&mut doc.value),
        ["3", "1" | "2"] => {}
        _ => {
            let what = match doc.value.get("swagger") {
                Some(_) => "this is a Swagger 2.0 document".to_owned(),
                None => format!("`openapi: {version}` is not a version this grader reads"),
            };
            log.say(
                &doc.spot("/openapi"),
                what,
                "write the contract in OpenAPI 3.1 (3.0 is read too)",
            );
            return None;
        }
    }
    refs::check(&doc, log);
    if !log.is_clean() {
        return None;
    }
    let mut contract = Contract::new(doc.value.clone());
    contract.title = doc.value["info"]["title"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    contract.base_path = base_path(&doc.value);
    contract.operations = Reader {
        contract: &contract,
        doc: &doc,
        log,
    }
    .all();
    if contract.operations.is_empty() {
        log.say(
            &doc.spot("/paths"),
            "the contract has no operations",
            "describe them under `paths`",
        );
    }
    for i in 0..contract.operations.len() {
        contract.operations[i].listing = listing::listing(&contract, &contract.operations[i]);
    }
    for (pointer, what) in contract.bad_schemas() {
        log.say(
            &doc.spot(&pointer),
            what,
            "mend the schema; it must be JSON Schema 2020-12",
        );
    }
    Some((contract, doc))
}

/// The path of the first server's url, variables filled with their defaults, without a slash at its end.
fn base_path(document: &Value) -> String {
    let server = &document["servers"][0];
    let mut url = server["url"].as_str().unwrap_or("").to_owned();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        url = url.replace(
            &format!("{{{name}}}"),
            variable["default"].as_str().unwrap_or(""),
        );
    }
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url.as_str(),
    };
    let path = path
        .split(['?', '#'])
        .next()
        .unwrap_or("")
        .trim_matches('/');
    if path.is_empty() {
        String::new()
    } else {
        format!("/{path}")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_base_path_is_the_first_servers() {
        for (url, path) in [
            ("/api/v1/", "/api/v1"),
            ("http://localhost:8080", ""),
            ("https://api.example.org/v2", "/v2"),
            ("/", ""),
            ("http://h/{stage}", "/live"),
        ] {
            let doc =
                json!({"servers": [{"url": url, "variables": {"stage": {"default": "live"}}}]});
            assert_eq!(base_path(&doc), path, "{url}");
        }
        assert_eq!(base_path(&json!({})), "");
    }
}
