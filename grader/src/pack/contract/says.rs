//! Single words of a schema, wherever they stand in what it is put together from.

use serde_json::Value;

use super::Contract;

impl Contract {
    /// What a schema says under a word (`maximum`, `format`): itself, or the first of the schemas that it refers to,
    /// adds or offers.
    pub fn says<'s>(&'s self, schema: &'s Value, word: &str) -> Option<&'s Value> {
        // Beside a reference a schema may say more; what it refers to says the rest.
        let own = schema.get(word);
        own.or_else(|| self.found(schema, 0, &|s| s.get(word)))
    }

    /// Whether it lists the values that are allowed.
    pub fn is_closed(&self, schema: &Value) -> bool {
        ["enum", "const"]
            .iter()
            .any(|w| self.says(schema, w).is_some())
    }

    /// Whether a schema takes text that means nothing to a program: no format, no list of values.
    pub fn is_free_text<'s>(&'s self, schema: &'s Value) -> bool {
        let text = |kind: &Value| match kind {
            Value::Array(all) => all.iter().any(|k| k == "string"),
            one => one == "string",
        };
        let format = self.says(schema, "format").is_some();
        let text = |s: &'s Value| s.get("type").filter(|kind| text(kind));
        self.found(schema, 0, &text).is_some() && !format && !self.is_closed(schema)
    }

    /// Whether some object in it takes no properties but those it names.
    pub fn closes(&self, schema: &Value) -> bool {
        let mut seen = Vec::new();
        self.closes_somewhere(schema, &mut seen)
    }

    fn closes_somewhere<'s>(&'s self, schema: &'s Value, seen: &mut Vec<&'s str>) -> bool {
        match schema {
            Value::Array(all) => all.iter().any(|s| self.closes_somewhere(s, seen)),
            Value::Object(members) => {
                let closed = ["additionalProperties", "unevaluatedProperties"];
                if closed
                    .iter()
                    .any(|w| members.get(*w) == Some(&Value::Bool(false)))
                {
                    return true;
                }
                let target = members.get("$ref").and_then(Value::as_str);
                if let Some(target) = target.filter(|t| !seen.contains(t)) {
                    seen.push(target);
                    if self.closes_somewhere(self.follow(schema), seen) {
                        return true;
                    }
                }
                members.values().any(|s| self.closes_somewhere(s, seen))
            }
            _ => false,
        }
    }

    /// The least and the most characters that a text may have, where there are bounds.
    pub fn text_bounds(&self, schema: &Value) -> (Option<usize>, Option<usize>) {
        let least = self.says(schema, "minLength").and_then(Value::as_u64);
        let least = least.and_then(|least| usize::try_from(least).ok());
        (least, self.longest(schema))
    }

    /// The most characters that a text may have, if there is a bound.
    pub fn longest(&self, schema: &Value) -> Option<usize> {
        let most = self.says(schema, "maxLength")?.as_u64()?;
        usize::try_from(most).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_are_found_behind_references_and_alternatives() {
        let contract = Contract::new(json!({"components": {"schemas": {
            "Name": {"type": "string", "maxLength": 40},
            "Kind": {"enum": ["a", "b"]}
        }}}));
        let name = json!({"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/Name"}]});
        assert_eq!(contract.longest(&name), Some(40));
        assert_eq!(contract.text_bounds(&name), (None, Some(40)));
        let with = json!({"$ref": "#/components/schemas/Kind", "default": "a"});
        assert_eq!(contract.says(&with, "default"), Some(&json!("a")));
        let kind = json!({"allOf": [{"$ref": "#/components/schemas/Kind"}]});
        assert!(contract.is_closed(&kind) && !contract.is_free_text(&kind));
        assert!(contract.is_free_text(&json!({"type": ["string", "null"]})));
        assert!(contract.is_free_text(&name));
        assert!(!contract.is_free_text(&json!({"type": "string", "format": "email"})));
    }

    #[test]
    fn an_object_is_closed_anywhere_in_it() {
        let contract = Contract::new(json!({"components": {"schemas": {
            "Open": {"properties": {"self": {"$ref": "#/components/schemas/Open"}}},
            "Shut": {"properties": {"a": {}}, "additionalProperties": false}
        }}}));
        let list = |name: &str| json!({"items": {"$ref": format!("#/components/schemas/{name}")}});
        assert!(contract.closes(&list("Shut")));
        assert!(!contract.closes(&list("Open")));
    }
}
