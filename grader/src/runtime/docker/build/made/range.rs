//! Whether a version range allows a version, as Python's and Node's manifests write ranges. Only the first two
//! numbers are looked at: an image's tag names the newest of what follows.

/// Whether the range allows the newest version that begins with these two numbers. What cannot be read forbids
/// nothing. Sources: PEP 440, npm's semver ranges.
pub(super) fn allows(range: &str, version: (u32, u32)) -> bool {
    range.split("||").any(|all| all_hold(all, version))
}

fn all_hold(range: &str, version: (u32, u32)) -> bool {
    if let Some((low, high)) = range.split_once(" - ") {
        return holds(">=", low, version) && holds("<=", high, version);
    }
    // `>= 3.11` is one bound, `>=3.11 <4` are two.
    let mut glued = String::new();
    for part in range.split([',', ' ']).filter(|part| !part.is_empty()) {
        let open = glued.ends_with(['<', '>', '=', '~', '^', '!']);
        glued.push_str(if open || glued.is_empty() { "" } else { " " });
        glued.push_str(part);
    }
    glued.split(' ').all(|bound| {
        let at = bound
            .find(|c: char| !"<>=~^!".contains(c))
            .unwrap_or(bound.len());
        let (operator, number) = bound.split_at(at);
        holds(operator, number, version)
    })
}

fn holds(operator: &str, number: &str, version: (u32, u32)) -> bool {
    let mut parts = number.trim().trim_start_matches('v').split('.');
    let Some(Ok(major)) = parts.next().map(str::parse::<u32>) else {
        return true;
    };
    let minor = parts.next().and_then(|part| part.parse::<u32>().ok());
    let (low, exact) = ((major, minor.unwrap_or(0)), minor.is_some());
    let patch = parts.next().and_then(|part| part.parse::<u32>().ok());
    let same = version.0 == major && (!exact || version.1 == low.1);
    match operator {
        ">=" => version >= low,
        // The newest 3.12 is above 3.12.0 and not below 3.13.
        ">" => version > low && !same || (patch.is_some() && version >= low),
        "<" => version < low,
        "<=" => version < low || same,
        "!=" => !same || patch.is_some(),
        "^" => version.0 == major && version >= low,
        // npm's `~3.1` stays in 3.1, Python's `~=3.1` in 3; with three numbers both stay in the second.
        "~=" => version.0 == major && version >= low && (patch.is_none() || same),
        _ => same,
    }
}

#[cfg(test)]
mod tests {
    use super::allows;

    #[test]
    fn ranges_allow_what_their_tools_would() {
        type Versions = &'static [(u32, u32)];
        let table: &[(&str, Versions, Versions)] = &[
            (">=3.11", &[(3, 11), (3, 12), (4, 0)], &[(3, 10), (2, 7)]),
            (">= 3.11, < 3.13", &[(3, 11), (3, 12)], &[(3, 13)]),
            (">=3.9,<4,!=3.10.*", &[(3, 9), (3, 11)], &[(3, 10), (4, 0)]),
            ("~=3.11", &[(3, 11), (3, 14)], &[(3, 10), (4, 0)]),
            ("==3.11.*", &[(3, 11)], &[(3, 12)]),
            ("^3.10", &[(3, 10), (3, 14)], &[(3, 9), (4, 0)]),
            ("<=3.11", &[(3, 11), (3, 10)], &[(3, 12)]),
            (">=20", &[(20, u32::MAX), (22, u32::MAX)], &[(18, u32::MAX)]),
            ("20.x || 22.x", &[(20, 9), (22, 9)], &[(18, 9), (24, 9)]),
            ("^20.3.1", &[(20, 9)], &[(22, 9)]),
            (">=18 <21", &[(18, 9), (20, 9)], &[(21, 9), (22, 9)]),
            ("18 - 20", &[(18, 9), (20, 9)], &[(22, 9)]),
            ("20", &[(20, 9)], &[(22, 9)]),
            ("v20.1.0", &[(20, 1)], &[(22, 9)]),
            (">20", &[(22, 9)], &[(20, 9)]),
            ("*", &[(22, 9)], &[]),
            ("", &[(22, 9)], &[]),
            ("lts/*", &[(22, 9)], &[]),
        ];
        for (range, good, bad) in table {
            for version in *good {
                assert!(allows(range, *version), "{range} allows {version:?}");
            }
            for version in *bad {
                assert!(!allows(range, *version), "{range} forbids {version:?}");
            }
        }
    }
}
