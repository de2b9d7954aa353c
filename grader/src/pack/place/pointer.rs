//! RFC 6901 pointers, with `*` for each element of an array.

use std::fmt;

use serde_json::{Map, Value};

use super::BadPlace;

/// A pointer into a JSON value; without tokens it is the whole value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Pointer {
    /// The steps from the root.
    pub tokens: Vec<Token>,
}

/// One step of a pointer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Token {
    /// A member of an object, or (digits) an element of an array.
    Name(String),
    /// `*`: each element of an array. A member that is called `*` cannot be named.
    Each,
}

impl Pointer {
    /// Reads a pointer.
    ///
    /// # Errors
    /// [`BadPlace`] when it does not start with `/`, or `~` is followed by anything but 0 or 1 (RFC 6901 section 3).
    pub fn parse(text: &str) -> Result<Self, BadPlace> {
        let Some(rest) = text.strip_prefix('/') else {
            return if text.is_empty() {
                Ok(Self::default())
            } else {
                Err(BadPlace::new(
                    format!("`{text}` is not a pointer: it does not start with `/`"),
                    format!("write `/{text}`"),
                ))
            };
        };
        let tokens = rest
            .split('/')
            .map(Token::parse)
            .collect::<Result<_, _>>()?;
        Ok(Self { tokens })
    }

    /// The pointer to a member of what this one points at.
    #[must_use]
    pub fn member(&self, name: impl Into<String>) -> Self {
        self.then(Token::Name(name.into()))
    }

    /// The pointer to each element of what this one points at.
    #[must_use]
    pub fn each(&self) -> Self {
        self.then(Token::Each)
    }

    /// This pointer followed by another, as if the other started where this one ends.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self {
            tokens: self.tokens.iter().chain(&other.tokens).cloned().collect(),
        }
    }

    fn then(&self, token: Token) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token);
        Self { tokens }
    }

    /// The last member's name, if the pointer ends with one.
    pub fn last(&self) -> Option<&str> {
        match self.tokens.last()? {
            Token::Name(name) => Some(name),
            Token::Each => None,
        }
    }

    /// Whether `*` stands in it.
    pub fn is_many(&self) -> bool {
        self.tokens.contains(&Token::Each)
    }

    /// Every value it points at, in order; empty when there is none.
    pub fn get<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        let mut found = vec![value];
        for token in &self.tokens {
            found = found.into_iter().flat_map(|v| token.step(v)).collect();
        }
        found
    }

    /// Puts a value there, making what is missing on the way; `*` means every element, or one when there is no
    /// array yet. Returns false, and changes nothing, when a scalar or a missing element stands in the way.
    pub fn set(&self, target: &mut Value, value: &Value) -> bool {
        set(&self.tokens, target, value)
    }

    /// Takes the member it points at out of its object; false where there is none, or it is no member.
    pub fn remove(&self, target: &mut Value) -> bool {
        let Some((Token::Name(name), way)) = self.tokens.split_last() else {
            return false;
        };
        let mut at = target;
        for token in way {
            let next = match (token, at) {
                (Token::Name(name), Value::Object(members)) => members.get_mut(name),
                (Token::Name(name), Value::Array(all)) => {
                    name.parse::<usize>().ok().and_then(|i| all.get_mut(i))
                }
                _ => None,
            };
            let Some(next) = next else { return false };
            at = next;
        }
        at.as_object_mut()
            .is_some_and(|members| members.remove(name).is_some())
    }
}

fn set(tokens: &[Token], target: &mut Value, value: &Value) -> bool {
    let Some((token, rest)) = tokens.split_first() else {
        *target = value.clone();
        return true;
    };
    if target.is_null() {
        *target = match token {
            Token::Each => Value::Array(vec![Value::Null]),
            Token::Name(name) if name == "0" => Value::Array(vec![Value::Null]),
            Token::Name(_) => Value::Object(Map::new()),
        };
    }
    match (token, target) {
        (Token::Each, Value::Array(all)) => all.iter_mut().all(|v| set(rest, v, value)),
        (Token::Name(name), Value::Array(all)) => match name.parse::<usize>() {
            Ok(i) => all.get_mut(i).is_some_and(|v| set(rest, v, value)),
            Err(_) => false,
        },
        (Token::Name(name), Value::Object(members)) => {
            let mut member = members.get(name).cloned().unwrap_or_default();
            let done = set(rest, &mut member, value);
            if done {
                members.insert(name.clone(), member);
            }
            done
        }
        _ => false,
    }
}

impl Token {
    fn parse(text: &str) -> Result<Self, BadPlace> {
        if text == "*" {
            return Ok(Self::Each);
        }
        let bad = text
            .split('~')
            .skip(1)
            .any(|after| !after.starts_with(['0', '1']));
        if bad {
            return Err(BadPlace::new(
                format!("`{text}` has a `~` that is no escape"),
                "write `~0` for `~` and `~1` for `/`; a regex is set apart by blanks: `/name ~ ^(x)`",
            ));
        }
        Ok(Self::Name(text.replace("~1", "/").replace("~0", "~")))
    }

    fn step<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match (self, value) {
            (Self::Each, Value::Array(all)) => all.iter().collect(),
            (Self::Name(name), Value::Object(members)) => members.get(name).into_iter().collect(),
            (Self::Name(name), Value::Array(all)) => name
                .parse::<usize>()
                .ok()
                .and_then(|i| all.get(i))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Each => write!(f, "/*")?,
                Token::Name(name) => {
                    write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointer(text: &str) -> Pointer {
        Pointer::parse(text).unwrap()
    }

    #[test]
    fn each_element_is_found_in_order() {
        let body = json!({"items": [{"n": 1}, {}, {"n": 3}]});
        assert_eq!(pointer("/items/*/n").get(&body), [&json!(1), &json!(3)]);
        assert_eq!(pointer("/items/2/n").get(&body), [&json!(3)]);
        assert_eq!(pointer("").get(&body), [&body]);
    }

    #[test]
    fn escapes_go_both_ways() {
        let p = pointer("/a~1b/c~0d/~01");
        assert_eq!(p.get(&json!({"a/b": {"c~d": {"~1": 5}}})), [&json!(5)]);
        assert_eq!(p.to_string(), "/a~1b/c~0d/~01");
    }

    #[test]
    fn a_member_is_taken_out_and_nothing_else() {
        let mut body = json!({"user": {"email": "a", "name": "b"}, "all": [{"n": 1}]});
        assert!(pointer("/user/email").remove(&mut body));
        assert!(pointer("/all/0/n").remove(&mut body));
        assert_eq!(body, json!({"user": {"name": "b"}, "all": [{}]}));
        assert!(!pointer("/user/email").remove(&mut body));
        assert!(!pointer("/all/*").remove(&mut body));
        assert!(!pointer("").remove(&mut body));
    }

    #[test]
    fn set_makes_what_is_missing_and_refuses_to_walk_over_scalars() {
        let mut body = Value::Null;
        assert!(pointer("/user/email").set(&mut body, &json!("a@b")));
        assert!(pointer("/items/*/n").set(&mut body, &json!(2)));
        assert_eq!(body, json!({"user": {"email": "a@b"}, "items": [{"n": 2}]}));
        assert!(!pointer("/user/email/x").set(&mut body, &json!(1)));
        assert_eq!(body["user"]["email"], "a@b");
    }
}
