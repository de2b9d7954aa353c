//! Where boxes of given sizes go, and the lines between them: in layers from left to right (Sugiyama, Tagawa and Toda,
//! "Methods for Visual Understanding of Hierarchical System Structures", 1981), by the `dagre` crate.

use dagre::graph::{Graph, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, RankDir, layout};

/// A place in the drawing, pixels from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spot {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A drawing laid out.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// How wide it is, pixels.
    pub(super) width: f64,
    /// How high it is, pixels.
    pub(super) height: f64,
    /// The top left corner of each box, in the order they were given.
    pub(super) boxes: Vec<Spot>,
    /// The bends of each line from its first box to its second, in the order they were given.
    pub(super) lines: Vec<Vec<Spot>>,
}

/// Room around the drawing, pixels.
const MARGIN: f64 = 12.0;

/// Lays boxes (width, height) out; a line's first box lies left of its second where no circle forbids it. Lines that
/// name a box that is not there have no bends.
pub(super) fn place(sizes: &[(f64, f64)], lines: &[(usize, usize)]) -> Layout {
    let mut graph = Graph::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: false,
    });
    for (n, &(width, height)) in sizes.iter().enumerate() {
        let label = NodeLabel {
            width,
            height,
            ..NodeLabel::default()
        };
        graph.set_node(name(n), Some(label));
    }
    let drawn = |&(a, b): &(usize, usize)| a < sizes.len() && b < sizes.len();
    for (n, line) in lines.iter().enumerate().filter(|(_, line)| drawn(line)) {
        let label = Some(EdgeLabel::default());
        graph.set_edge(name(line.0), name(line.1), label, Some(&name(n)));
    }
    let options = LayoutOptions {
        rankdir: RankDir::LR,
        nodesep: 28.0,
        ranksep: 64.0,
        edgesep: 14.0,
        marginx: MARGIN,
        marginy: MARGIN,
        ..LayoutOptions::default()
    };
    layout(&mut graph, Some(options));
    let corner = |(n, &(width, height)): (usize, &(f64, f64))| {
        let node = graph.node(&name(n));
        let at = |centre: Option<f64>, size: f64| centre.unwrap_or_default() - size / 2.0;
        Spot {
            x: at(node.and_then(|l| l.x), width),
            y: at(node.and_then(|l| l.y), height),
        }
    };
    let boxes: Vec<Spot> = sizes.iter().enumerate().map(corner).collect();
    let bends = |(n, line): (usize, &(usize, usize))| {
        let edge = graph.edge(&name(line.0), &name(line.1), Some(&name(n)));
        let points = edge.map(|e| e.points.as_slice()).unwrap_or_default();
        points.iter().map(|p| Spot { x: p.x, y: p.y }).collect()
    };
    let lines: Vec<Vec<Spot>> = lines.iter().enumerate().map(bends).collect();
    let ends = boxes.iter().zip(sizes);
    let ends = ends.map(|(at, size)| (at.x + size.0, at.y + size.1));
    let bends = lines.iter().flatten().map(|at| (at.x, at.y));
    let (width, height) = ends.chain(bends).fold((0.0_f64, 0.0_f64), |most, at| {
        (most.0.max(at.0), most.1.max(at.1))
    });
    Layout {
        width: width + MARGIN,
        height: height + MARGIN,
        boxes,
        lines,
    }
}

fn name(n: usize) -> String {
    n.to_string()
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};

    use super::*;

    fn apart(layout: &Layout, sizes: &[(f64, f64)], a: usize, b: usize) -> bool {
        let (p, q) = (layout.boxes[a], layout.boxes[b]);
        let (s, t) = (sizes[a], sizes[b]);
        p.x + s.0 <= q.x || q.x + t.0 <= p.x || p.y + s.1 <= q.y || q.y + t.1 <= p.y
    }

    #[test]
    fn boxes_lie_apart_inside_the_drawing_whatever_refers_to_what() {
        for seed in 0..60 {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
            let count = rng.random_range(0..24);
            let mut size = || (rng.random_range(60.0..320.0), rng.random_range(30.0..400.0));
            let sizes: Vec<(f64, f64)> = (0..count).map(|_| size()).collect();
            // Circles, lines twice, a box that refers to itself, and one that is not there.
            let lines: Vec<(usize, usize)> = (0..rng.random_range(0..40))
                .map(|_| (rng.random_range(0..=count), rng.random_range(0..=count)))
                .collect();
            let layout = place(&sizes, &lines);
            for a in 0..count {
                let at = layout.boxes[a];
                assert!(at.x >= 0.0 && at.x + sizes[a].0 <= layout.width, "{seed}");
                assert!(at.y >= 0.0 && at.y + sizes[a].1 <= layout.height, "{seed}");
                for b in 0..a {
                    assert!(apart(&layout, &sizes, a, b), "seed {seed}: {a} on {b}");
                }
            }
            for (line, bends) in lines.iter().zip(&layout.lines) {
                let there = line.0 < count && line.1 < count;
                assert_eq!(bends.len() >= 2, there, "seed {seed}: {line:?}");
                assert!(bends.iter().all(|p| p.x.is_finite() && p.y.is_finite()));
            }
            assert_eq!(layout, place(&sizes, &lines), "the same every time");
        }
    }

    #[test]
    fn what_is_referred_to_lies_left_of_what_refers() {
        let layout = place(&[(100.0, 50.0), (100.0, 50.0)], &[(0, 1)]);
        assert!(layout.boxes[0].x + 100.0 < layout.boxes[1].x);
    }
}
