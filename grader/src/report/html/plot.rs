//! What something costs against how much there is, drawn small: the slope is the finding.

use maud::{Markup, html};

use super::line;

/// The drawing's size and its margins, in units of its own.
const WIDE: f64 = 360.0;
const HIGH: f64 = 200.0;
const LEFT: f64 = 60.0;
const BELOW: f64 = 40.0;
const EDGE: f64 = 16.0;
/// How many points are drawn.
const MANY: usize = 60;

/// A plot from zero on both axes, so that a slope is seen as it is. Points that are no numbers are left out.
pub(super) fn growth(says: &str, what: &str, against: &str, points: &[(f64, f64)]) -> Markup {
    let right = |p: &&(f64, f64)| p.0.is_finite() && p.1.is_finite() && p.0 >= 0.0 && p.1 >= 0.0;
    let points: Vec<(f64, f64)> = points.iter().filter(right).take(MANY).copied().collect();
    let most = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).fold(1.0, f64::max);
    let (most_x, most_y) = (most(|p| p.0), most(|p| p.1));
    let x = |value: f64| LEFT + value / most_x * (WIDE - LEFT - EDGE);
    let y = |value: f64| HIGH - BELOW - value / most_y * (HIGH - BELOW - EDGE);
    let (left, base) = (x(0.0), y(0.0));
    let path: Vec<String> = points
        .iter()
        .map(|p| format!("{:.1},{:.1}", x(p.0), y(p.1)))
        .collect();
    html! {
        @if points.len() > 1 {
            svg.plot role="img" aria-label=(line(says)) viewBox={ "0 0 " (WIDE) " " (HIGH) } {
                line.axis x1=(left) y1=(base) x2=(x(most_x)) y2=(base) {}
                line.axis x1=(left) y1=(base) x2=(left) y2=(y(most_y)) {}
                text.end x=(left - 6.0) y=(y(most_y) + 4.0) { (number(most_y)) }
                text.end x=(left - 6.0) y=(base + 4.0) { "0" }
                text.end x=(x(most_x)) y=(base + 16.0) { (number(most_x)) }
                text x=(left) y=(EDGE - 5.0) { (line(what)) }
                text.end x=(x(most_x)) y=(HIGH - 6.0) { (line(against)) }
                polyline points=(path.join(" ")) {}
                @for p in &points {
                    circle cx=(format!("{:.1}", x(p.0))) cy=(format!("{:.1}", y(p.1))) r="4" {
                        title { (number(p.1)) " " (line(what)) " at " (number(p.0)) " " (line(against)) }
                    }
                }
            }
        }
    }
}

fn number(value: f64) -> String {
    format!("{value:.0}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_within_the_axes_and_hostile_words_are_words() {
        let points = [
            (10.0, 610.0),
            (20.0, 1210.0),
            (f64::NAN, 1.0),
            (40.0, 2410.0),
        ];
        let svg = growth("it grows", "<script>", "rows & rows", &points).into_string();
        assert_eq!(svg.matches("<circle").count(), 3);
        assert!(svg.contains("cx=\"344.0\" cy=\"16.0\""), "{svg}");
        assert!(!svg.contains("<script") && svg.contains("rows &amp; rows"));
    }

    #[test]
    fn one_point_is_no_growth() {
        assert_eq!(growth("", "", "", &[(1.0, 1.0)]).into_string(), "");
    }
}
