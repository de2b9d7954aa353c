//! What an operation takes and gives, and who may call it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::pack::{Reply, RequestBody, Security, StatusPattern};

use super::{operations::Reader, yaml::escape};

impl Reader<'_> {
    pub(super) fn body(&self, body: &Value, at: &str) -> Option<RequestBody> {
        let (body, at) = self.follow(body, at.to_owned());
        let content = body["content"].as_object()?;
        let (media, value) = content
            .iter()
            .find(|(m, _)| is_json(m))
            .or_else(|| content.iter().next())?;
        let schema = self.schema(value, &format!("{at}/content/{}", escape(media)))?;
        let required = body["required"] == Value::Bool(true);
        Some(RequestBody {
            media: media.clone(),
            schema,
            required,
        })
    }

    pub(super) fn replies(&self, replies: &Value, at: &str) -> Vec<Reply> {
        let mut all = Vec::new();
        for (status, reply) in replies.as_object().into_iter().flatten() {
            let at = format!("{at}/{}", escape(status));
            let Some(pattern) = StatusPattern::parse(status) else {
                if !status.starts_with("x-") {
                    let what = format!("`{status}` is no status");
                    self.log.say(
                        &self.doc.spot(&at),
                        what,
                        "write a status (200), a class (2XX) or `default`",
                    );
                }
                continue;
            };
            let (reply, at) = self.follow(reply, at);
            let headers: BTreeMap<String, bool> = reply["headers"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(n, h)| {
                    (
                        n.clone(),
                        self.follow(h, String::new()).0["required"] == Value::Bool(true),
                    )
                })
                .collect();
            let content = reply["content"].as_object().into_iter().flatten();
            let before = all.len();
            for (media, value) in content {
                let schema = self.schema(value, &format!("{at}/content/{}", escape(media)));
                all.push(Reply {
                    status: pattern,
                    media: Some(media.clone()),
                    schema,
                    headers: headers.clone(),
                });
            }
            // JSON first: it is what the grader can judge.
            all[before..].sort_by_key(|r| !r.media.as_deref().is_some_and(is_json));
            if all.len() == before {
                all.push(Reply {
                    status: pattern,
                    media: None,
                    schema: None,
                    headers,
                });
            }
        }
        all
    }

    pub(super) fn security(&self, security: Option<&Value>) -> Security {
        let Some(ways) = security.and_then(Value::as_array) else {
            return Security {
                anyone: true,
                ..Security::default()
            };
        };
        let mut found = Security {
            anyone: ways.is_empty(),
            ..Security::default()
        };
        let mut whoever = false;
        for way in ways.iter().filter_map(Value::as_object) {
            found.anyone |= way.is_empty();
            let roles: Vec<&str> = way
                .values()
                .filter_map(Value::as_array)
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            whoever |= roles.is_empty() && !way.is_empty();
            let mut roles: Vec<String> = roles.into_iter().map(str::to_owned).collect();
            roles.sort();
            roles.dedup();
            match roles.len() {
                0 | 1 => found.roles.extend(roles),
                _ => found.together.push(roles),
            }
            found.schemes.extend(way.keys().cloned());
        }
        if whoever {
            found.roles.clear();
            found.together.clear();
        }
        for list in [&mut found.roles, &mut found.schemes] {
            list.sort();
            list.dedup();
        }
        found
    }
}

/// Whether the media type is JSON or built on it (`application/problem+json`).
pub(in crate::pack) fn is_json(media: &str) -> bool {
    let kind = media
        .split(';')
        .next()
        .unwrap_or("")
        .trim()
        .to_ascii_lowercase();
    kind == "application/json" || kind.ends_with("+json")
}
