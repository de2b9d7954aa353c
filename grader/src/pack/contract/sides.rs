//! The document as each side sees it: a request need not carry what only the service says (`readOnly`), a reply
//! need not carry what only the client says (`writeOnly`), whatever `required` says (OpenAPI 3.1 section 4.8.24).

use serde_json::Value;

/// Whose words are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    /// What the client sends.
    Request,
    /// What the service answers.
    Reply,
}

impl Side {
    /// What this side never has to say.
    const fn others(self) -> &'static str {
        match self {
            Self::Request => "readOnly",
            Self::Reply => "writeOnly",
        }
    }

    /// The document with `required` relieved of what the other side says.
    pub(super) fn of(self, document: &Value) -> Value {
        let mut seen = document.clone();
        relieve(&mut seen, document, self.others(), 0);
        seen
    }
}

fn relieve(value: &mut Value, document: &Value, flag: &str, depth: usize) {
    // No contract is nested as deep as this; a document made to be is cut off.
    if depth > 256 {
        return;
    }
    match value {
        Value::Array(all) => all
            .iter_mut()
            .for_each(|v| relieve(v, document, flag, depth + 1)),
        Value::Object(members) => {
            let spared = spared(members, document, flag);
            if let Some(Value::Array(required)) = members.get_mut("required") {
                required.retain(|r| !r.as_str().is_some_and(|r| spared.iter().any(|s| s == r)));
            }
            members
                .values_mut()
                .for_each(|v| relieve(v, document, flag, depth + 1));
        }
        _ => {}
    }
}

/// The members that carry the flag: in this schema, or in one that `allOf` adds to it.
fn spared(schema: &serde_json::Map<String, Value>, document: &Value, flag: &str) -> Vec<String> {
    let mut spared = Vec::new();
    let mut open: Vec<(&serde_json::Map<String, Value>, usize)> = vec![(schema, 0)];
    while let Some((schema, depth)) = open.pop() {
        for (name, member) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            if follow(member, document).get(flag) == Some(&Value::Bool(true))
                || member.get(flag) == Some(&Value::Bool(true))
            {
                spared.push(name.clone());
            }
        }
        let parts = schema
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten();
        if depth < 8 {
            open.extend(parts.filter_map(|p| Some((follow(p, document).as_object()?, depth + 1))));
        }
    }
    spared
}

fn follow<'v>(value: &'v Value, document: &'v Value) -> &'v Value {
    let target = value
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|t| t.strip_prefix('#'));
    target.and_then(|p| document.pointer(p)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nobody_has_to_say_what_the_other_side_says() {
        let doc = json!({"components": {"schemas": {
            "Id": {"type": "integer", "readOnly": true},
            "User": {"required": ["id", "name", "password"], "properties": {
                "id": {"$ref": "#/components/schemas/Id"},
                "name": {"type": "string"},
                "password": {"type": "string", "writeOnly": true}
            }},
            "Admin": {"allOf": [{"$ref": "#/components/schemas/User"}], "required": ["password", "id"]}
        }}});
        let required = |side: Side, name: &str| {
            side.of(&doc)["components"]["schemas"][name]["required"].clone()
        };
        assert_eq!(required(Side::Request, "User"), json!(["name", "password"]));
        assert_eq!(required(Side::Reply, "User"), json!(["id", "name"]));
        assert_eq!(required(Side::Reply, "Admin"), json!(["id"]));
        assert_eq!(required(Side::Request, "Admin"), json!(["password"]));
    }
}
