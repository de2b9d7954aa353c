//! An image of another architecture, which no engine runs as it is, is no fault of whoever names it.

use std::io::Write;
use std::process::{Command, Stdio};

use grader::runtime::Trouble;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::bench::{Bench, docker, engine};

/// An image without a file in it, made for a machine of another kind than the engine's; gone when this is.
struct Foreign {
    name: String,
    platform: &'static str,
}

impl Foreign {
    fn load() -> Self {
        let here = docker(&["version", "--format", "{{.Server.Arch}}"]);
        let (platform, arch) = match here.trim() {
            "arm64" => ("linux/amd64", "amd64"),
            _ => ("linux/arm64", "arm64"),
        };
        let name = format!("grader-test-foreign:{}", std::process::id());
        let mut load = Command::new("docker")
            .arg("load")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = load.stdin.take().unwrap();
        input.write_all(&saved(&name, arch)).unwrap();
        drop(input);
        assert!(load.wait().unwrap().success());
        Self { name, platform }
    }
}

/// What `docker save` would give of an image with one empty layer.
fn saved(name: &str, arch: &str) -> Vec<u8> {
    // An archive without entries is two empty blocks.
    let layer = vec![0; 1024];
    let digest: String = Sha256::digest(&layer)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let config = json!({
        "architecture": arch,
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{digest}")]},
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]);
    let files = [
        ("config.json", config.to_string().into_bytes()),
        ("layer.tar", layer),
        ("manifest.json", manifest.to_string().into_bytes()),
    ];
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        archive
            .append_data(&mut header, name, bytes.as_slice())
            .unwrap();
    }
    archive.into_inner().unwrap()
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
    let foreign = Foreign::load();
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
