use super::*;

fn made(files: &[(&str, &str)]) -> Result<Made, Trouble> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    make(&Submission::open(folder.path()).unwrap())
}

fn text(files: &[(&str, &str)]) -> String {
    made(files).unwrap().text
}

fn first(files: &[(&str, &str)]) -> String {
    let text = text(files);
    let from = text.lines().find_map(|line| line.strip_prefix("FROM "));
    from.unwrap().to_owned()
}

fn refused(files: &[(&str, &str)]) -> String {
    made(files).unwrap_err().to_string()
}

const PYTHON: (&str, &str) = (
    "Procfile",
    "release: .venv/bin/python migrate.py\nweb: .venv/bin/python app.py",
);
const NODE: (&str, &str) = ("Procfile", "web: node server.js");
const PACKAGE: (&str, &str) = (
    "package.json",
    r#"{"engines": {"node": ">=20"}, "dependencies": {"pg": "8"}, "scripts": {"build": "tsc"}}"#,
);

#[test]
fn python_installs_into_a_virtual_environment() {
    insta::assert_snapshot!(text(&[PYTHON, ("requirements.txt", "flask==3.1.3\n")]), @r##"
    # Made by grader from Procfile, requirements.txt. Copy it into a file named Dockerfile to make it yours.
    FROM python:3.12-slim
    ENV PATH=/app/.venv/bin:$PATH
    WORKDIR /app
    COPY requirements.txt ./
    RUN python3 -m venv .venv && .venv/bin/python -m pip install --quiet -r requirements.txt
    COPY . .
    USER nobody
    CMD ["sh", "-c", "exec .venv/bin/python app.py"]
    "##);
}

#[test]
fn node_installs_what_the_lockfile_says() {
    insta::assert_snapshot!(text(&[NODE, PACKAGE, ("package-lock.json", "{}")]), @r##"
    # Made by grader from Procfile, package.json, package-lock.json. Copy it into a file named Dockerfile to make it yours.
    FROM node:22-slim
    ENV PATH=/app/node_modules/.bin:$PATH
    WORKDIR /app
    COPY package.json package-lock.json ./
    RUN npm ci --no-audit --no-fund
    COPY . .
    RUN npm run build
    USER nobody
    CMD ["sh", "-c", "exec node server.js"]
    "##);
}

#[test]
fn rust_is_built_in_one_image_and_runs_in_another() {
    let files = [
        ("Procfile", "web: target/release/listings --port $PORT"),
        ("Cargo.toml", "[package]"),
        ("Cargo.lock", ""),
    ];
    insta::assert_snapshot!(text(&files), @r##"
    # Made by grader from Procfile, Cargo.lock. Copy it into a file named Dockerfile to make it yours.
    FROM rust:1-slim-bookworm AS build
    WORKDIR /app
    COPY . .
    RUN cargo build --release --locked && if [ -d target ]; then find target -mindepth 2 -maxdepth 2 ! \( -type f -perm -u+x \) -exec rm -rf {} +; fi

    FROM debian:bookworm-slim
    ENV PATH=/app/bin:$PATH
    WORKDIR /app
    COPY --from=build /app .
    USER nobody
    CMD ["sh", "-c", "exec target/release/listings --port $PORT"]
    "##);
}

#[test]
fn go_is_built_in_one_image_and_runs_in_another() {
    let files = [
        ("Procfile", "web: bin/listings"),
        ("go.mod", "module x\n\ngo 1.23.4\n"),
        ("go.sum", ""),
    ];
    insta::assert_snapshot!(text(&files), @r##"
    # Made by grader from Procfile, go.mod. Copy it into a file named Dockerfile to make it yours.
    FROM golang:1.23-bookworm AS build
    WORKDIR /app
    COPY go.mod go.sum ./
    RUN go mod download
    COPY . .
    RUN mkdir -p bin && go build -o bin/ ./...

    FROM debian:bookworm-slim
    ENV PATH=/app/bin:$PATH
    WORKDIR /app
    COPY --from=build /app .
    USER nobody
    CMD ["sh", "-c", "exec bin/listings"]
    "##);
}

#[test]
fn the_learners_own_commands_win() {
    let files = [
        (
            "grader.toml",
            "[build]\ncommand = 'make venv'\n[docker.start]\ncommand = 'cd api && \"$PYTHON\" app.py'",
        ),
        ("requirements.txt", "flask"),
    ];
    insta::assert_snapshot!(text(&files), @r##"
    # Made by grader from grader.toml. Copy it into a file named Dockerfile to make it yours.
    FROM python:3.12-slim
    ENV PATH=/app/.venv/bin:$PATH
    WORKDIR /app
    COPY . .
    RUN make venv
    USER nobody
    CMD ["sh", "-c", "cd api && \"$PYTHON\" app.py"]
    "##);
}

#[test]
fn python_is_locked_by_whatever_locks_it() {
    let project = ("pyproject.toml", "[project]\nname = 'x'");
    let has = |files: &[(&str, &str)], line: &str| {
        assert!(text(files).contains(line), "{}", text(files));
    };
    has(
        &[PYTHON, project],
        ".venv/bin/python -m pip install --quiet .",
    );
    has(
        &[PYTHON, project, ("uv.lock", "")],
        "RUN uv sync --frozen --no-dev",
    );
    has(
        &[
            PYTHON,
            ("pyproject.toml", "[tool.poetry]"),
            ("poetry.lock", ""),
        ],
        "RUN poetry install --only main",
    );
    has(
        &[PYTHON, ("requirements.txt", "-r more.txt")],
        "COPY . .\nRUN python3 -m venv",
    );
    has(&[PYTHON], "COPY . .\nUSER nobody");
}

#[test]
fn versions_come_from_the_files_that_name_them() {
    let python = |name: &str, text: &str| first(&[PYTHON, ("requirements.txt", ""), (name, text)]);
    assert_eq!(python("x", ""), "python:3.12-slim");
    assert_eq!(python(".python-version", "3.11.4\n"), "python:3.11-slim");
    assert_eq!(python("runtime.txt", "python-3.10.2"), "python:3.10-slim");
    assert_eq!(
        python("pyproject.toml", "[project]\nrequires-python = '>=3.9'"),
        "python:3.12-slim"
    );
    assert_eq!(
        python("pyproject.toml", "[project]\nrequires-python = '>=3.13'"),
        "python:3.14-slim"
    );
    assert_eq!(
        first(&[PYTHON, ("requirements.txt", "psycopg2==2.9")]),
        "python:3.12"
    );
    assert_eq!(
        first(&[PYTHON, ("requirements.txt", "psycopg2-binary==2.9")]),
        "python:3.12-slim"
    );
    let node = |name: &str, text: &str| first(&[NODE, PACKAGE, (name, text)]);
    assert_eq!(node("x", ""), "node:22-slim");
    assert_eq!(node(".nvmrc", "v20.11.0"), "node:20-slim");
    assert_eq!(node(".nvmrc", "lts/*"), "node:22-slim");
    let old = r#"{"engines": {"node": "18 || 20"}, "dependencies": {"pg": "8"}}"#;
    assert_eq!(first(&[NODE, ("package.json", old)]), "node:20-slim");
    let rust =
        |name: &str, text: &str| first(&[("Procfile", "web: x"), ("Cargo.toml", ""), (name, text)]);
    assert_eq!(
        rust("rust-toolchain", "1.85.0"),
        "rust:1.85-slim-bookworm AS build"
    );
    assert_eq!(
        rust("rust-toolchain.toml", "[toolchain]\nchannel = '1.90'"),
        "rust:1.90-slim-bookworm AS build"
    );
    assert_eq!(
        rust("rust-toolchain", "nightly"),
        "rust:1-slim-bookworm AS build"
    );
    assert_eq!(
        rust("Cargo.lock", "name = \"openssl-sys\""),
        "rust:1-bookworm"
    );
    let go = |module: &str| first(&[("Procfile", "web: x"), ("go.mod", module)]);
    assert_eq!(
        go("go 1.22\ntoolchain go1.24.1"),
        "golang:1.24-bookworm AS build"
    );
    assert_eq!(go("module x"), "golang:1.24-bookworm AS build");
}

#[test]
fn each_package_manager_installs_its_own_lockfile() {
    let line = |name: &str, lock: &str, package: &str| {
        let text = text(&[NODE, ("package.json", package), (name, lock)]);
        text.lines()
            .find(|line| line.starts_with("RUN"))
            .unwrap()
            .to_owned()
    };
    let plain = r#"{"dependencies": {"pg": "8"}}"#;
    let named = r#"{"dependencies": {"pg": "8"}, "packageManager": "pnpm@9.1.0+sha512.ab"}"#;
    let evil = r#"{"dependencies": {"pg": "8"}, "packageManager": "pnpm@9 && reboot"}"#;
    assert_eq!(line("x", "", plain), "RUN npm install --no-audit --no-fund");
    let pnpm = |version: &str| format!("RUN npx --yes pnpm@{version} install --frozen-lockfile");
    assert_eq!(
        line("pnpm-lock.yaml", "lockfileVersion: '9.0'", plain),
        pnpm("10")
    );
    assert_eq!(
        line("pnpm-lock.yaml", "lockfileVersion: '6.0'", plain),
        pnpm("8")
    );
    assert_eq!(line("pnpm-lock.yaml", "", named), pnpm("9.1.0"));
    assert_eq!(line("pnpm-lock.yaml", "", evil), pnpm("10"));
    assert!(
        line("yarn.lock", "# yarn lockfile v1", plain).contains("yarn@1 install --frozen-lockfile")
    );
    assert!(
        line("yarn.lock", "__metadata:\n", plain)
            .contains("@yarnpkg/cli-dist@4 install --immutable")
    );
}

#[test]
fn a_command_cannot_write_other_instructions() {
    let files = [
        (
            "grader.toml",
            "[build]\ncommand = \"make\\nUSER root\"\n[start]\ncommand = 'node a.js'",
        ),
        PACKAGE,
    ];
    let text = text(&files);
    assert!(
        text.contains(r#"RUN ["sh", "-c", "make\nUSER root"]"#),
        "{text}"
    );
    assert!(!text.lines().any(|line| line == "USER root"), "{text}");
}

#[test]
fn what_is_not_understood_is_said() {
    assert!(
        refused(&[("Procfile", "web: ./run.sh")])
            .contains("`./run.sh` says nothing of its language")
    );
    let two = [PYTHON, ("requirements.txt", ""), PACKAGE];
    assert!(refused(&two).contains("written in Python and in Node"));
    // A package.json that asks for nothing is no second language.
    assert!(made(&[PYTHON, ("requirements.txt", ""), ("package.json", "{}")]).is_ok());
}
