//! An image of another architecture, which no engine runs as it is, is no fault of whoever names it.

use std::process::{Command, Stdio};

use grader::runtime::Trouble;

use super::bench::{Bench, docker, engine};

/// An image without a file in it, made for a machine of another kind than the engine's; gone when this is.
struct Foreign {
    name: String,
    platform: &'static str,
}

impl Foreign {
    fn import() -> Self {
        let here = docker(&["version", "--format", "{{.Server.Arch}}"]);
        let platform = match here.trim() {
            "arm64" => "linux/amd64",
            _ => "linux/arm64",
        };
        let name = format!("grader-test-foreign:{}", std::process::id());
        // An archive without entries is two empty blocks.
        let mut import = Command::new("docker")
            .args(["import", "--platform", platform, "-", &name])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut archive = import.stdin.take().unwrap();
        std::io::Write::write_all(&mut archive, &[0; 1024]).unwrap();
        drop(archive);
        assert!(import.wait().unwrap().success());
        Self { name, platform }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        docker(&["rmi", &self.name]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_of_another_architecture_is_told_with_a_cure() {
    if !engine() {
        return;
    }
    let foreign = Foreign::import();
    let dockerfile = format!("FROM {}\nCMD [\"/service\"]\n", foreign.name);
    let bench = Bench::of(&[("Dockerfile", &dockerfile)]);
    let runtime = bench.open().await;
    let Err(Trouble::Fault(fault)) = runtime.build().await.map(drop) else {
        panic!("it must not be built, and nobody be blamed")
    };
    let says = format!("`{}` is for {}", foreign.name, foreign.platform);
    assert!(fault.cause.contains(&says), "{fault}");
    assert!(fault.cause.contains("this engine runs linux/"), "{fault}");
    let cure = fault.cure.unwrap();
    assert!(cure.contains("name images that exist for"), "{cure}");
    runtime.close().await.unwrap();
}
