//! An isolated environment to run the binary in.

#![allow(dead_code, reason = "each test binary uses a part of this module")]

pub(crate) mod second_registry;
pub(crate) mod stack;
mod witness;

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

/// A temporary folder, and the binary without the caller's environment.
pub(crate) struct TestEnv {
    folder: TempDir,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestEnv {
    pub(crate) fn new() -> TestEnv {
        TestEnv {
            folder: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).expect("the folder is writable");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The binary, in the folder; the default addresses of its broker and registry have no server.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k2-produce"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", env_path())
            .stdin(Stdio::null());
        // A shell ignores INT for its background jobs, and child processes inherit that.
        // SAFETY: between fork and exec only `signal` is called, which is async-signal-safe.
        unsafe {
            command.pre_exec(|| {
                for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                Ok(())
            });
        }
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1");
        command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", "http://127.0.0.1:1");
        command
    }

    /// Runs the binary with these arguments.
    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        done(self.command().args(arguments))
    }

    /// Runs the binary without a broker, with the schema of trades.
    pub(crate) fn dry_run(&self, arguments: &[&str]) -> Done {
        let schema = fixture("schemas/trade.avsc");
        let first = ["--topic", "t", "--dry-run", "--schema-file", &schema];
        self.run(&[&first, arguments].concat())
    }

    /// Runs the binary against the real Kafka and the real registry.
    pub(crate) fn run_on_stack(&self, arguments: &[&str]) -> Done {
        done(self.command_on_stack().args(arguments))
    }

    /// The binary with the addresses of the Kafka and the registry shared by all tests.
    pub(crate) fn command_on_stack(&self) -> Command {
        self.command_on(stack::stack())
    }

    /// The binary with the addresses of this Kafka and this registry.
    pub(crate) fn command_on(&self, stack: &stack::Stack) -> Command {
        let mut command = self.command();
        command.env("K2_KAFKA_BOOTSTRAP_SERVERS", &stack.bootstrap_servers);
        command.env("K2_KAFKA_SCHEMA_REGISTRY_URL", &stack.registry_url);
        command
    }

    /// Writes a file of generated trades.
    pub(crate) fn generate(&self, name: &str, schema: &str, format: &str, rows: u64) {
        let generator = Path::new(env!("CARGO_BIN_EXE_k2-produce"))
            .parent()
            .unwrap()
            .join("examples/generate_trades");
        assert!(
            generator.exists(),
            "{} does not exist: build it with `cargo build --examples`",
            generator.display()
        );
        let rows = rows.to_string();
        let output = self.path(name);
        let status = Command::new(generator)
            .args([
                "--rows", &rows, "--schema", schema, "--format", format, "--seed", "7", "--output",
            ])
            .arg(output)
            .status()
            .expect("the generator starts");
        assert!(status.success());
    }
}

fn env_path() -> std::ffi::OsString {
    std::env::var_os("PATH").unwrap_or_default()
}

/// Runs a command to its end.
pub(crate) fn done(command: &mut Command) -> Done {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the command starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    Done {
        status: status.code().unwrap_or(-1),
        stdout: text(stdout),
        stderr: text(stderr),
    }
}

impl Done {
    /// Fails with the whole output of the command unless it exited with `status`.
    #[track_caller]
    pub(crate) fn expect(self, status: i32) -> Done {
        assert_eq!(
            self.status, status,
            "\nstdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }

    /// Fails unless standard error contains `text`.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Done {
        assert!(self.stderr.contains(text), "no `{text}` in\n{}", self.stderr);
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}:\n{}", self.stdout))
    }
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The path of a fixture as text, for arguments.
pub(crate) fn fixture(path: &str) -> String {
    repository("fixtures")
        .join(path)
        .to_str()
        .expect("the repository's path is UTF-8")
        .to_owned()
}

/// The number of rows for large tests: `K2_TEST_ROWS`, by default 200,000; `make test-full` sets five million.
pub(crate) fn many_rows() -> u64 {
    std::env::var("K2_TEST_ROWS").map_or(200_000, |rows| rows.parse().expect("K2_TEST_ROWS is a number"))
}

/// A topic name that no other test uses.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!(
        "{prefix}.{}.{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The address of a registry that answers any request for one of these paths with its body, and all others with
/// "not found"; it ends with the process.
pub(crate) fn scripted_registry(answers: Vec<(String, serde_json::Value)>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 16 * 1024];
            let length = stream.read(&mut head).unwrap();
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default();
            let path = path.split('?').next().unwrap_or_default();
            let found = answers.iter().find(|(answered, _)| answered == path);
            let (status, body) = match found {
                Some((_, body)) => ("200 OK", body.to_string()),
                None => (
                    "404 Not Found",
                    r#"{"error_code":40401,"message":"no"}"#.to_owned(),
                ),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close");
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

/// The address of a registry that answers every request with status 401; it ends with the process.
pub(crate) fn closed_registry() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = [0; 4096];
            let _ = stream.read(&mut head);
            let body = r#"{"error_code":40101,"message":"Unauthorized"}"#;
            let head = "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close";
            let _ = write!(stream, "{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

/// Starts the command with its standard input, output and error as pipes.
pub(crate) fn spawn_piped(command: &mut Command) -> Child {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Sends a signal, such as `-INT`.
pub(crate) fn signal(child: &Child, name: &str) {
    let process = child.id().to_string();
    let status = Command::new("kill").args([name, &process]).status();
    assert!(status.unwrap().success());
}

/// Waits until a process with pipes has ended.
pub(crate) fn ended(child: Child) -> Done {
    let output = child.wait_with_output().unwrap();
    Done {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}
