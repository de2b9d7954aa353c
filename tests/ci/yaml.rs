//! YAML as a JSON value, for schemas and for the players.

use saphyr::{LoadableYamlNode, MarkedYamlOwned, ScalarOwned, YamlDataOwned};
use serde_json::Value;

/// The one document of a file of the repository.
#[track_caller]
pub(super) fn file(path: &str) -> Value {
    let text = std::fs::read_to_string(super::stage::root().join(path)).unwrap();
    let documents = MarkedYamlOwned::load_from_str(&text).unwrap();
    let [one] = documents.as_slice() else {
        panic!("{path} has {} documents", documents.len())
    };
    json(one)
}

fn json(node: &MarkedYamlOwned) -> Value {
    match &node.data {
        YamlDataOwned::Value(scalar) => match scalar {
            ScalarOwned::Null => Value::Null,
            ScalarOwned::Boolean(truth) => (*truth).into(),
            ScalarOwned::Integer(number) => (*number).into(),
            ScalarOwned::FloatingPoint(number) => number.into_inner().into(),
            ScalarOwned::String(text) => text.as_str().into(),
        },
        YamlDataOwned::Sequence(all) => all.iter().map(json).collect(),
        YamlDataOwned::Mapping(all) => {
            let name = |key: &MarkedYamlOwned| match json(key) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            all.iter()
                .map(|(key, value)| (name(key), json(value)))
                .collect()
        }
        other => panic!("not read: {other:?}"),
    }
}

/// The script of the step of this name.
#[track_caller]
pub(super) fn script(workflow: &Value, job: &str, step: &str) -> String {
    let steps = workflow["jobs"][job]["steps"].as_array().unwrap();
    let step = steps.iter().find(|s| s["name"] == step).unwrap();
    step["run"].as_str().unwrap().to_owned()
}
