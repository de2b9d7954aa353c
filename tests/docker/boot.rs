//! Services that come up in containers, and the stories of those that do not.

use grader::runtime::{Exited, Phase};

use super::bench::{Bench, docker, engine, get, name, raised, spec, things};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_comes_up_in_its_cage() {
    if !engine() {
        return;
    }
    let app = "
import lib, os
lib.Handler.plain = lib.Handler.do_GET
def get(self):
    if self.path != '/cage':
        return self.plain()
    status = open('/proc/self/status').read()
    def tried(path):
        try:
            open(path, 'w').close()
            return 'written'
        except OSError as error:
            return error.strerror
    lines = [line for line in status.splitlines() if line.startswith(('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp:'))]
    lines += ['root ' + tried('/app/x'), 'tmp ' + tried('/tmp/x'), 'uid ' + str(os.getuid())]
    body = '\\n'.join(lines).encode()
    self.send_response(200)
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    self.wfile.write(body)
lib.Handler.do_GET = get
lib.serve()";
    let bench = Bench::python(app, None);
    let (runtime, world) = bench.up().await;
    let boot = world.boots().remove(0);
    assert_eq!(boot.port_asked, boot.port_used);
    assert!(!boot.loopback_only());
    assert!(
        runtime.why().contains("sealed: none of"),
        "{}",
        runtime.why()
    );
    let cage = get(&world, "/cage").await;
    let cage: Vec<_> = cage.split_whitespace().collect();
    let cage = cage.join(" ");
    assert_eq!(
        cage,
        "CapBnd: 0000000000000000 CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 \
         root Read-only file system tmp written uid 10001"
            .replace(
                "CapBnd: 0000000000000000 CapEff: 0000000000000000",
                if cage.starts_with("CapEff") {
                    "CapEff: 0000000000000000 CapBnd: 0000000000000000"
                } else {
                    "CapBnd: 0000000000000000 CapEff: 0000000000000000"
                }
            )
    );
    assert!(world.log_tail(20).contains(&"asked /healthz".to_owned()));
    let run = name(&*runtime);
    world.lower().await.unwrap();
    assert!(!world.alive()[0].runs());
    runtime.close().await.unwrap();
    assert_eq!(things(&run), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_start_command_is_told() {
    if !engine() {
        return;
    }
    let story = Bench::python(
        "print('one'); import flask_of_another_world",
        Some("nobody"),
    )
    .story(30)
    .await;
    assert_eq!(
        (story.phase, story.exit),
        (Phase::Start, Some(Exited::Code(1)))
    );
    assert!(story.log_tail.contains(&"one".to_owned()), "{story:?}");
    assert!(
        story.try_next[0].contains("flask_of_another_world"),
        "{story:?}"
    );
    assert_eq!(story.command, "python -u app.py");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_listens_on_the_loopback_address_or_another_port_is_followed() {
    if !engine() {
        return;
    }
    let app = "lib.serve('127.0.0.1')";
    let bench = Bench::python(&format!("import lib; {app}"), Some("nobody"));
    let (runtime, world) = bench.up().await;
    let boot = world.boots().remove(0);
    assert!(boot.loopback_only(), "{boot:?}");
    assert_eq!(boot.port_asked, boot.port_used);
    runtime.close().await.unwrap();

    let bench = Bench::python("import lib; lib.serve(port=8000)", Some("nobody"));
    let (runtime, world) = bench.up().await;
    let boot = world.boots().remove(0);
    assert!(!boot.loopback_only(), "{boot:?}");
    assert_eq!(boot.port_used, 8000);
    world.restart(grader::runtime::Stop::Kill).await.unwrap();
    assert_eq!(world.boots()[0].port_used, 8000);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_deafness_are_told_apart() {
    if !engine() {
        return;
    }
    let deaf = Bench::python("import time; time.sleep(1000)", Some("nobody"))
        .story(4)
        .await;
    assert_eq!(deaf.summary, "the service runs and listens on no port");
    assert!(deaf.listens.is_empty());
    let mute = "import os, socket, time\ns = socket.create_server(('', int(os.environ['PORT'])))\ntime.sleep(1000)";
    let mute = Bench::python(mute, Some("nobody")).story(6).await;
    assert_eq!(
        mute.summary,
        "the service accepts connections and never answers"
    );
    assert_eq!(mute.listens.len(), 1, "{mute:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_root_may_read_is_read_as_root_without_its_powers() {
    if !engine() {
        return;
    }
    let app = "import lib; open('/etc/shadow').close() if __import__('os').getuid() == 0 else open('/root/x')\nlib.serve()";
    let bench = Bench::python(app, None);
    let runtime = bench.open().await;
    let world = raised(&*runtime, &spec(60)).await;
    let seen: serde_json::Value = serde_json::from_str(&get(&world, "/").await).unwrap();
    assert_eq!(seen["uid"], 0);
    runtime.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_oci_runtime_runs_the_service_alone() {
    if !engine() {
        return;
    }
    // Every engine knows its own default by this name too.
    let other = "io.containerd.runc.v2";
    let mut bench = Bench::python("import lib; lib.serve()", Some("nobody"));
    bench.options.oci_runtime = Some(other.to_owned());
    let (runtime, _world) = bench.up().await;
    let run = name(&*runtime);
    let format = "{{.Name}} {{.HostConfig.Runtime}}";
    for container in things(&run).iter().filter(|thing| **thing != run) {
        let told = docker(&["inspect", "--format", format, container]);
        let is_service = container.starts_with(&format!("{run}-main-"));
        assert_eq!(told.trim().ends_with(other), is_service, "{told}");
    }
    runtime.close().await.unwrap();
}
