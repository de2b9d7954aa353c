//! The operations of a document: parameters, bodies, replies, who may call.

use serde_json::Value;

use crate::pack::{Contract, Method, OpId, Operation, Param, ParamPlace, PathTemplate, Schema};

use super::super::read::log::Log;
use super::yaml::{Document, escape};

/// What the reading of operations stands on.
pub(super) struct Reader<'a> {
    pub(super) contract: &'a Contract,
    pub(super) doc: &'a Document,
    pub(super) log: &'a Log,
}

impl Reader<'_> {
    /// Every operation in the document's order.
    pub(super) fn all(&self) -> Vec<Operation> {
        let mut all: Vec<Operation> = Vec::new();
        for (path, item) in self.doc.value["paths"].as_object().into_iter().flatten() {
            let pointer = format!("/paths/{}", escape(path));
            let (item, pointer) = self.follow(item, pointer);
            if !path.starts_with('/') {
                let what = format!("the path `{path}` does not start with `/`");
                self.log
                    .say(&self.doc.spot(&pointer), what, format!("write `/{path}`"));
            }
            for (key, value) in item.as_object().into_iter().flatten() {
                let Some(method) = Method::parse(key) else {
                    continue;
                };
                let op = self.one(
                    method,
                    path,
                    item,
                    &pointer,
                    value,
                    &format!("{pointer}/{key}"),
                );
                if let Some(twin) = all.iter().find(|o| o.id == op.id) {
                    let what = format!(
                        "`{}` names two operations: here and `{}`",
                        op.id,
                        twin.line()
                    );
                    let spot = self.doc.spot(&format!("{}/operationId", op.pointer));
                    self.log
                        .say(&spot, what, "give each operation an operationId of its own");
                }
                all.push(op);
            }
        }
        all
    }

    fn one(
        &self,
        method: Method,
        path: &str,
        item: &Value,
        item_at: &str,
        op: &Value,
        at: &str,
    ) -> Operation {
        let template = PathTemplate::parse(&self.contract.base_path, path);
        let mut params = self.params(&op["parameters"], &format!("{at}/parameters"));
        for param in self.params(&item["parameters"], &format!("{item_at}/parameters")) {
            if !params
                .iter()
                .any(|p| (p.place, &p.name) == (param.place, &param.name))
            {
                params.push(param);
            }
        }
        self.same_params(&template, &params, at);
        let id = op["operationId"]
            .as_str()
            .map_or_else(|| format!("{method} {path}"), str::to_owned);
        Operation {
            id: OpId(id),
            method,
            path: template,
            params,
            body: self.body(&op["requestBody"], &format!("{at}/requestBody")),
            replies: self.replies(&op["responses"], &format!("{at}/responses")),
            security: self.security(
                op.get("security")
                    .or_else(|| self.doc.value.get("security")),
            ),
            listing: None,
            pointer: at.to_owned(),
        }
    }

    /// The holes of the path and the declared path parameters must be the same.
    fn same_params(&self, path: &PathTemplate, params: &[Param], at: &str) {
        let declared: Vec<&str> = params
            .iter()
            .filter(|p| p.place == ParamPlace::Path)
            .map(|p| p.name.as_str())
            .collect();
        for name in path.params().iter().filter(|n| !declared.contains(n)) {
            let what =
                format!("`{{{name}}}` stands in the path {path} but is no declared parameter");
            let cure = format!(
                "add `{{name: {name}, in: path, required: true, schema: …}}` to its parameters"
            );
            self.log.say(&self.doc.spot(at), what, cure);
        }
        for name in declared.iter().filter(|n| !path.params().contains(n)) {
            let what = format!("the path {path} has no `{{{name}}}`");
            self.log
                .unknown(&self.doc.spot(at), what, name, path.params());
        }
    }

    fn params(&self, list: &Value, at: &str) -> Vec<Param> {
        let all = list.as_array().into_iter().flatten().enumerate();
        all.filter_map(|(i, param)| self.param(param, format!("{at}/{i}")))
            .collect()
    }

    fn param(&self, param: &Value, at: String) -> Option<Param> {
        let (param, at) = self.follow(param, at);
        let place = match param["in"].as_str() {
            Some("path") => ParamPlace::Path,
            Some("query") => ParamPlace::Query,
            Some("header") => ParamPlace::Header,
            Some("cookie") => ParamPlace::Cookie,
            _ => {
                self.log.say(
                    &self.doc.spot(&at),
                    "this parameter does not say where it stands",
                    "write `in: path`, `in: query`, `in: header` or `in: cookie`",
                );
                return None;
            }
        };
        let Some(name) = param["name"].as_str() else {
            self.log.say(
                &self.doc.spot(&at),
                "this parameter has no name",
                "write `name: …`",
            );
            return None;
        };
        let required = place == ParamPlace::Path || param["required"] == Value::Bool(true);
        let schema = self.schema(param, &at).unwrap_or_else(|| Schema {
            pointer: String::new(),
            value: Value::Bool(true),
        });
        Some(Param {
            name: name.to_owned(),
            place,
            required,
            schema,
        })
    }

    pub(super) fn schema(&self, holder: &Value, at: &str) -> Option<Schema> {
        let value = holder.get("schema")?.clone();
        Some(Schema {
            pointer: format!("{at}/schema"),
            value,
        })
    }

    /// What a reference names, and where that stands.
    pub(super) fn follow<'v>(&'v self, value: &'v Value, at: String) -> (&'v Value, String) {
        let (mut value, mut at) = (value, at);
        for _ in 0..32 {
            let Some(target) = value["$ref"].as_str() else {
                break;
            };
            let pointer = super::refs::decode(target.trim_start_matches('#'));
            match self.doc.value.pointer(&pointer) {
                Some(next) => (value, at) = (next, pointer),
                None => break,
            }
        }
        (value, at)
    }
}
