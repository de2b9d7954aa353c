//! `[service]`.

use std::{collections::BTreeMap, time::Duration};

use crate::pack::{Method, Ready, Service};

use super::{
    log::Log,
    tab::{At, Item, Tab},
};

pub(super) fn service(root: &mut Tab<'_>, log: &Log) -> Option<Service> {
    let cure = "write `[service]` with `ready = \"GET /healthz\"`";
    let mut tab = root.need("service", cure)?.table()?;
    let ready = tab
        .need(
            "ready",
            "say what answers when the service is up: `ready = \"GET /healthz\"`",
        )
        .and_then(|i| i.text())
        .and_then(|text| ready(&text, log));
    let within = tab
        .get("within")
        .and_then(|i| duration(&i, log))
        .unwrap_or(Duration::from_secs(60));
    let mut variable = |key, default: &str| {
        tab.get(key)
            .and_then(|i| i.text())
            .map_or_else(|| default.to_owned(), |t| t.value)
    };
    let (port, database) = (
        variable("port", "PORT"),
        variable("database", "DATABASE_URL"),
    );
    let postgres = tab.get("postgres").and_then(|item| {
        let major = item.count()?;
        let known = u32::try_from(major.value)
            .ok()
            .filter(|m| (14..=18).contains(m));
        if known.is_none() {
            let what = format!("there is no Postgres {} to be had", major.value);
            log.say(&major.spot, what, "write a major version from 14 to 18");
        }
        known
    });
    let mut env = BTreeMap::new();
    if let Some(table) = tab.get("env").and_then(|i| i.table()) {
        for (key, item) in table.all() {
            if let Some(text) = item.text() {
                env.insert(key.value, text.value);
            }
        }
    }
    tab.done();
    Some(Service {
        ready: ready?,
        within,
        port,
        database,
        postgres,
        env,
    })
}

fn ready(text: &At<String>, log: &Log) -> Option<Ready> {
    let read = text.value.split_once(' ').and_then(|(method, path)| {
        let method = Method::parse(method)?;
        path.starts_with('/').then(|| Ready {
            method,
            path: path.trim().to_owned(),
        })
    });
    if read.is_none() {
        let what = format!("`{}` is not a method and a path", text.value);
        log.say(&text.spot, what, "write it as `GET /healthz`");
    }
    read
}

/// `60s`, `500ms`, `2m`.
fn duration(item: &Item<'_>, log: &Log) -> Option<Duration> {
    let text = item.text()?;
    let digits = text
        .value
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let read = digits
        .parse::<u64>()
        .ok()
        .and_then(|n| match &text.value[digits.len()..] {
            "ms" => Some(Duration::from_millis(n)),
            "s" => Some(Duration::from_secs(n)),
            "m" => n.checked_mul(60).map(Duration::from_secs),
            _ => None,
        });
    if read.is_none_or(|d| d.is_zero()) {
        let what = format!("`{}` is no length of time", text.value);
        log.say(
            &text.spot,
            what,
            "write a number and its unit: `500ms`, `60s`, `2m`",
        );
    }
    read
}
