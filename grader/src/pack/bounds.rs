//! What a submission may use, where a project or an instructor says so.

use std::time::Duration;

/// Limits that somebody sets; what they leave out stays as it was. In a pack they stand under `[limits]`, on the
/// command line as `--limit NAME=VALUE`, in the same words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// Time for the build.
    pub build: Option<Duration>,
    /// Time for the release command, each time.
    pub release: Option<Duration>,
    /// Bytes of memory of one process of the service and all that came of it.
    pub memory: Option<u64>,
    /// Processor time, in thousandths of one processor.
    pub cpu_millis: Option<u32>,
    /// Processes and threads.
    pub processes: Option<u32>,
    /// Open files of one process.
    pub open_files: Option<u32>,
    /// Bytes of one file.
    pub file: Option<u64>,
    /// Bytes of each folder the service may write to.
    pub scratch: Option<u64>,
    /// Bytes of all that a Postgres server keeps.
    pub database: Option<u64>,
}

impl Bounds {
    /// The names there are.
    pub const NAMES: [&str; 9] = [
        "build",
        "release",
        "memory",
        "cpus",
        "processes",
        "open_files",
        "file",
        "scratch",
        "database",
    ];

    /// Sets one by its name: `memory`, `512MiB`.
    ///
    /// # Errors
    /// What the value should look like, or which names there are.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "build" => self.build = Some(time(value)?),
            "release" => self.release = Some(time(value)?),
            "memory" => self.memory = Some(size(value, 32 << 20)?),
            "cpus" => self.cpu_millis = Some(cpus(value)?),
            "processes" => self.processes = Some(count(value)?),
            "open_files" => self.open_files = Some(count(value)?),
            "file" => self.file = Some(size(value, 1 << 20)?),
            "scratch" => self.scratch = Some(size(value, 1 << 20)?),
            "database" => self.database = Some(size(value, 256 << 20)?),
            other => {
                let known = Self::NAMES.join(", ");
                return Err(format!("there is no limit `{other}`; there are {known}"));
            }
        }
        Ok(())
    }
}

/// `64MiB`, `1GiB`: at least `least`, below which nothing would run.
fn size(text: &str, least: u64) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "mib" | "m" | "mb" => 20,
        "gib" | "g" | "gb" => 30,
        _ => 64,
    };
    let number = digits.trim().parse::<u64>().ok().filter(|_| unit < 64);
    number
        .and_then(|n| n.checked_mul(1 << unit))
        .filter(|bytes| (least..1 << 50).contains(bytes))
        .ok_or_else(|| {
            format!(
                "write a size of {} MiB or more: `512MiB`, `1GiB`",
                least >> 20
            )
        })
}

/// `90s`, `15m`.
fn time(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let read = match (text.strip_suffix('s'), text.strip_suffix('m')) {
        (Some(seconds), _) => seconds.parse::<u64>().ok(),
        (_, Some(minutes)) => minutes.parse::<u64>().ok().and_then(|m| m.checked_mul(60)),
        _ => None,
    };
    read.filter(|seconds| (1..=86_400).contains(seconds))
        .map(Duration::from_secs)
        .ok_or_else(|| "write a time of up to a day: `90s`, `15m`".to_owned())
}

fn cpus(text: &str) -> Result<u32, String> {
    let read = text.trim().parse::<f64>().ok();
    read.filter(|cpus| (0.1..=256.0).contains(cpus))
        .map(|cpus| (cpus * 1000.0).round() as u32)
        .ok_or_else(|| "write a number of processors from 0.1 to 256: `0.5`, `2`".to_owned())
}

fn count(text: &str) -> Result<u32, String> {
    let read = text.trim().parse::<u32>().ok();
    read.filter(|count| (16..=1_000_000).contains(count))
        .ok_or_else(|| "write a whole number from 16 to 1000000".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_takes_a_value_and_refuses_nonsense() {
        let mut bounds = Bounds::default();
        for name in Bounds::NAMES {
            let value = match name {
                "build" | "release" => "90s",
                "cpus" => "1.5",
                "processes" | "open_files" => "256",
                _ => "512MiB",
            };
            bounds.set(name, value).unwrap();
            assert!(bounds.set(name, "much").is_err(), "{name}");
        }
        assert_eq!(bounds.memory, Some(512 << 20));
        assert_eq!(bounds.cpu_millis, Some(1500));
        assert_eq!(bounds.build, Some(Duration::from_secs(90)));
        assert!(bounds.set("memory", "1k").is_err());
        assert!(bounds.set("disk", "1GiB").unwrap_err().contains("scratch"));
    }
}
