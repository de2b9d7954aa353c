//! `[auth.policy]`: design choices that belong to the assignment, not to the learner.

use crate::pack::{Fallout, LogoutPolicy, OnReuse, Policy, RefreshPolicy, RefreshUse, ResetPolicy};

use super::tab::{Item, Tab};

const FALLOUT: [(&str, Fallout); 4] = [
    ("nothing", Fallout::Nothing),
    ("session", Fallout::Session),
    ("other-sessions", Fallout::OtherSessions),
    ("all-sessions", Fallout::AllSessions),
];

pub(super) fn read(mut tab: Tab<'_>) -> Policy {
    let mut policy = Policy::default();
    if let Some(tab) = table(tab.get("refresh")) {
        policy.refresh = refresh(tab);
    }
    if let Some(tab) = table(tab.get("logout")) {
        policy.logout = logout(tab);
    }
    if let Some(mut tab) = table(tab.get("change_password")) {
        let kills = tab.get("kills").and_then(|i| i.word(&FALLOUT));
        policy.change_password = kills.unwrap_or(policy.change_password);
        tab.done();
    }
    if let Some(mut tab) = table(tab.get("reset")) {
        let base = ResetPolicy::default();
        policy.reset = ResetPolicy {
            ttl_s: tab
                .get("ttl_s")
                .and_then(|i| i.count())
                .map_or(base.ttl_s, |n| n.value),
            single: tab
                .get("single")
                .and_then(|i| i.flag())
                .unwrap_or(base.single),
        };
        tab.done();
    }
    let propagation = tab.get("propagation_s").and_then(|i| i.count());
    policy.propagation_s = propagation.map_or(policy.propagation_s, |n| n.value);
    tab.done();
    policy
}

fn refresh(mut tab: Tab<'_>) -> RefreshPolicy {
    let base = RefreshPolicy::default();
    let uses = [("single", RefreshUse::Single), ("many", RefreshUse::Many)];
    let reuse = [
        ("reject", OnReuse::Reject),
        ("revoke-family", OnReuse::RevokeFamily),
    ];
    let policy = RefreshPolicy {
        usage: tab
            .get("use")
            .and_then(|i| i.word(&uses))
            .unwrap_or(base.usage),
        on_reuse: tab
            .get("on_reuse")
            .and_then(|i| i.word(&reuse))
            .unwrap_or(base.on_reuse),
        grace_s: tab
            .get("grace_s")
            .and_then(|i| i.count())
            .map_or(base.grace_s, |n| n.value),
        absolute: tab
            .get("absolute")
            .and_then(|i| i.flag())
            .unwrap_or(base.absolute),
    };
    tab.done();
    policy
}

/// `within_s` is a number of seconds, or `"until-exp"`.
fn logout(mut tab: Tab<'_>) -> LogoutPolicy {
    let base = LogoutPolicy::default();
    let parts = [("access", "access"), ("refresh", "refresh")];
    let kills = tab.get("kills").map(|i| {
        let all = i.items().unwrap_or_default();
        all.iter()
            .filter_map(|i| i.word(&parts))
            .map(str::to_owned)
            .collect()
    });
    let within_s = match tab.get("within_s") {
        Some(item) if item.is_text() => {
            item.word(&[("until-exp", ())]);
            None
        }
        Some(item) => Some(item.count().map_or(0, |n| n.value)),
        None => base.within_s,
    };
    let scope = tab
        .get("scope")
        .and_then(|i| i.word(&FALLOUT))
        .unwrap_or(base.scope);
    tab.done();
    LogoutPolicy {
        kills: kills.unwrap_or(base.kills),
        scope,
        within_s,
    }
}

fn table<'d>(item: Option<Item<'d>>) -> Option<Tab<'d>> {
    item?.table()
}
