//! What a finding rests on, to look at and to ask again.

use maud::{Markup, html};

use super::{LONG, block, line, plot};
use crate::model::{Body, Evidence, Exchange, Outcome, Statement};
use crate::report::evidence;
use crate::report::text::{count, cut, visible};

/// How many rows, statements or lines are shown.
const MANY: usize = 60;

/// One piece.
pub(super) fn piece(piece: &Evidence) -> Markup {
    html! {
        p.says { (line(evidence::says(piece))) }
        @match piece {
            Evidence::Exchange { exchange, .. } => { (conversation(exchange)) }
            Evidence::Rows { table, columns, rows, .. } => { (table_of(table, columns, rows)) }
            Evidence::Statements { statements, .. } => { (queries(statements)) }
            Evidence::Log { lines, .. } => { (log(lines)) }
            Evidence::Growth { says, what, against, points } => { (plot::growth(says, what, against, points)) }
            Evidence::Note { .. } => {}
        }
        @if let Some(curl) = evidence::curl(piece) { (again("Ask it again", &curl)) }
        @if let Some(sql) = evidence::sql(piece) { (again("See the rows again", &sql)) }
    }
}

/// A command to copy. The button appears with the script; without it the text can be marked.
fn again(what: &str, command: &str) -> Markup {
    html! {
        div.again {
            span { (what) }
            button type="button" hidden data-copy="" { "Copy" }
            pre tabindex="0" { code { (cut(command, 8 * LONG)) } }
        }
    }
}

fn conversation(exchange: &Exchange) -> Markup {
    let sent = &exchange.sent;
    html! {
        div.exchange {
            p.sent { b { (line(&sent.method)) } " " span.path { (line(&sent.path)) } span.took { (exchange.millis) " ms" } }
            @if let Some(sent) = &sent.body { (body(sent)) }
            @match &exchange.outcome {
                Outcome::Answered { status, headers, body: answer } => {
                    p.answer data-class=(status / 100) { b { (status) } }
                    details.headers {
                        summary { (count(headers.len(), "header")) }
                        (block(&headers.iter().map(|(n, v)| format!("{n}: {v}")).collect::<Vec<_>>().join("\n")))
                    }
                    (body(answer))
                }
                other => { p.answer data-class="0" { b { (line(&evidence::answer(other))) } } }
            }
        }
    }
}

fn body(body: &Body) -> Markup {
    if body.text.is_empty() {
        return html! {};
    }
    html! {
        (block(&pretty(&body.text)))
        @if body.cut { p.cut { "cut; " (body.bytes) " bytes in all" } }
    }
}

/// JSON in lines; anything else as it is.
fn pretty(text: &str) -> String {
    let value = serde_json::from_str::<serde_json::Value>(text).ok();
    let pretty = value.filter(|v| v.is_object() || v.is_array());
    let pretty = pretty.and_then(|v| serde_json::to_string_pretty(&v).ok());
    pretty.unwrap_or_else(|| text.to_owned())
}

fn table_of(table: &str, columns: &[String], rows: &[Vec<Option<String>>]) -> Markup {
    html! {
        div.scroll tabindex="0" role="group" aria-label="rows" {
            table.rows {
                caption { code { (line(table)) } }
                thead { tr { @for column in columns { th scope="col" { (line(column)) } } } }
                tbody {
                    @for row in rows.iter().take(MANY) {
                        tr { @for value in row {
                            td { @match value {
                                Some(value) => { (cut(&visible(value), LONG)) }
                                None => { span.null { "null" } }
                            } }
                        } }
                    }
                }
            }
        }
        @if rows.len() > MANY { p.cut { (count(rows.len() - MANY, "row")) " more" } }
    }
}

fn queries(statements: &[Statement]) -> Markup {
    html! {
        ol.statements {
            @for statement in statements.iter().take(MANY) {
                li {
                    (block(&statement.sql))
                    @if let Some(state) = &statement.sqlstate { p.cut { "failed: " code { (line(state)) } } }
                    @else if let Some(rows) = statement.rows { p.cut { "rows: " (rows) } }
                    @if let Some(plan) = &statement.plan {
                        details { summary { "plan" } (block(&serde_json::to_string_pretty(plan).unwrap_or_default())) }
                    }
                }
            }
        }
        @if statements.len() > MANY { p.cut { (count(statements.len() - MANY, "statement")) " more" } }
    }
}

/// The end of a log is what tells.
fn log(lines: &[String]) -> Markup {
    let skipped = lines.len().saturating_sub(MANY);
    let shown: Vec<&str> = lines.iter().skip(skipped).map(String::as_str).collect();
    html! {
        @if skipped > 0 { p.cut { (count(skipped, "line")) " before" } }
        (block(&shown.join("\n")))
    }
}
