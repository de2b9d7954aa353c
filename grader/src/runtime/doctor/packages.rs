//! How the tools submissions are built with are called, and how they are installed.

/// How a package is called where.
pub(super) struct Package {
    pub(super) tool: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) wanted_by: &'static str,
    pub(super) debian: &'static str,
    pub(super) fedora: &'static str,
    pub(super) homebrew: &'static str,
}

/// The tools submissions are built with.
pub(super) const TOOLCHAINS: [Package; 5] = [
    Package {
        tool: "python3",
        // Debian splits what makes virtual environments off.
        arguments: &[
            "-c",
            "import ensurepip, venv, platform; print(platform.python_version())",
        ],
        wanted_by: "submissions in Python",
        debian: "python3 python3-venv",
        fedora: "python3",
        homebrew: "python",
    },
    Package {
        tool: "node",
        arguments: &["--version"],
        wanted_by: "submissions in JavaScript and TypeScript",
        debian: "nodejs",
        fedora: "nodejs",
        homebrew: "node",
    },
    Package {
        tool: "npm",
        arguments: &["--version"],
        wanted_by: "submissions in JavaScript and TypeScript",
        debian: "npm",
        fedora: "nodejs-npm",
        homebrew: "node",
    },
    Package {
        tool: "cargo",
        arguments: &["--version"],
        wanted_by: "submissions in Rust",
        debian: "cargo",
        fedora: "cargo",
        homebrew: "rust",
    },
    Package {
        tool: "go",
        arguments: &["version"],
        wanted_by: "submissions in Go",
        debian: "golang-go",
        fedora: "golang",
        homebrew: "go",
    },
];

impl Package {
    pub(super) fn hint(&self) -> String {
        install(self.debian, self.fedora, self.homebrew)
    }
}

pub(super) fn install(debian: &str, fedora: &str, homebrew: &str) -> String {
    format!(
        "Debian, Ubuntu: apt install {debian}   Fedora: dnf install {fedora}   Homebrew: brew install {homebrew}"
    )
}
