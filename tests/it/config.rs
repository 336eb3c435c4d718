//! Configuration files: profiles on the real Kafka, and credentials that never leave.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::stack::stack;
use crate::support::{TestEnv, done, fixture};

/// The binary without variables for the servers, with the user's configuration directory in the test's folder.
fn command(env: &TestEnv) -> Command {
    let mut command = env.command();
    command
        .env_remove("K2_KAFKA_BOOTSTRAP_SERVERS")
        .env_remove("K2_KAFKA_SCHEMA_REGISTRY_URL")
        .env("HOME", env.path("home"));
    command
}

/// Writes the user's file, which only the user can read.
fn write_user_file(env: &TestEnv, text: &str) {
    let folder = env.path("home/.config/k2-produce");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("k2-produce.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A server on a free port, which nobody may contact.
struct Witness(TcpListener);

impl Witness {
    fn new() -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Witness(listener)
    }

    fn address(&self) -> String {
        self.0.local_addr().unwrap().to_string()
    }

    fn was_contacted(&self) -> bool {
        self.0.accept().is_ok()
    }
}

#[test]
fn a_profile_loads_onto_kafka_and_a_topic_has_its_mapping() {
    let env = TestEnv::new();
    let topic = stack().topic("profile", 1, "schemas/trade.avsc");
    write_user_file(
        &env,
        &format!(
            "[profiles.real]\nbootstrap-servers = \"{}\"\nschema-registry-url = \"{}\"\nproperties.client.id = \"mine\"\n",
            stack().bootstrap_servers,
            stack().registry_url
        ),
    );
    env.write(
        "k2-produce.toml",
        format!("[topics.\"{topic}\"]\nset = {{ venue = '\"X\"' }}\nheader = {{ source = \"asx\" }}\n"),
    );
    let trades = fixture("trades/trades.csv");
    let run = ["--profile", "real", "--topic", &topic, "--limit", "10", &trades];
    done(command(&env).args(run))
        .expect(0)
        .says("10 delivered")
        .says("home/.config/k2-produce/k2-produce.toml:2)");
    assert_eq!(stack().dump(&topic).len(), 10);
    let show = [
        "show",
        "--profile",
        "real",
        "--topic",
        &topic,
        "--format",
        "json",
        "--limit",
        "1",
    ];
    let shown = done(command(&env).args(show)).expect(0).stdout;
    assert!(
        shown.contains("\"venue\":\"X\"") && shown.contains("asx"),
        "{shown}"
    );
    let schema = ["schema", "show", "--topic", &topic];
    done(command(&env).args(schema).env("K2_KAFKA_PROFILE", "real")).expect(0);
    done(command(&env).args(schema)).expect(4);
    let check = ["schema", "check", "--profile", "real", "--topic", &topic, &trades];
    done(command(&env).args(check)).expect(0);
    let explain = ["map", "explain", "--profile", "real", "--topic", &topic, &trades];
    let explained = done(command(&env).args(explain)).expect(0).stdout;
    assert!(
        explained.contains("venue") && explained.contains("\"X\""),
        "{explained}"
    );
    done(command(&env).args(["--profile", "reel", "--topic", &topic, &trades]))
        .expect(2)
        .says("there is no profile `reel`")
        .says("the profiles are `real`");
}

#[test]
fn a_credential_is_refused_before_any_byte_reaches_a_server_of_the_working_directory() {
    let trades = fixture("trades/trades.csv");
    let schema = fixture("schemas/trade.avsc");
    let (kafka, registry) = (Witness::new(), Witness::new());
    let env = TestEnv::new();
    write_user_file(
        &env,
        "registry-user-info = \"alice:hunter2\"\n[properties]\nsecurity.protocol = \"SASL_PLAINTEXT\"\n\
         sasl.mechanism = \"PLAIN\"\nsasl.username = \"alice\"\nsasl.password = \"hunter2\"\n",
    );
    let of_kafka = format!("bootstrap-servers = \"{}\"\n", kafka.address());
    let of_registry = format!("schema-registry-url = \"http://{}\"\n", registry.address());
    for (text, arguments) in [
        (&of_kafka, &["--topic", "t", &trades][..]),
        (&of_kafka, &["--topic", "t", "--schema-file", &schema, &trades]),
        (&of_kafka, &["show", "--topic", "t"]),
        (&of_registry, &["--topic", "t", &trades]),
        (&of_registry, &["schema", "list"]),
        (&of_registry, &["schema", "show", "--topic", "t"]),
        (&of_registry, &["schema", "register", "--topic", "t", &schema]),
        (&of_registry, &["schema", "check", "--topic", "t", &trades]),
        (&of_registry, &["map", "init", "--topic", "t", &trades]),
    ] {
        env.write("k2-produce.toml", text);
        let done = done(command(&env).args(arguments)).expect(2);
        done.says("k2-produce.toml:1:1: ")
            .says("in the working directory would decide where or how a credential is sent")
            .says("home/.config/k2-produce/k2-produce.toml:");
        assert!(
            !kafka.was_contacted() && !registry.was_contacted(),
            "{arguments:?}"
        );
    }
    // A variable is a credential of the user too.
    write_user_file(&env, "");
    env.write("k2-produce.toml", of_registry);
    let mut list = command(&env);
    list.args(["schema", "list"])
        .env("K2_KAFKA_SCHEMA_REGISTRY_TOKEN", "hunter2");
    done(&mut list).expect(2).says("K2_KAFKA_SCHEMA_REGISTRY_TOKEN");
    assert!(!registry.was_contacted());
}

#[test]
fn a_failure_before_the_first_row_is_in_the_summary() {
    let env = TestEnv::new();
    env.write("k2-produce.toml", "timezone = \"UTC\"\n");
    let failed = done(command(&env).args(["--topic", "t", "--summary", "json", "t.csv"])).expect(2);
    let summary: serde_json::Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(summary["exit_status"], 2, "{summary}");
    // A metrics file of the user's configuration is written too.
    std::fs::remove_file(env.path("k2-produce.toml")).unwrap();
    write_user_file(&env, "metrics-file = \"metrics.prom\"\nquiet = true\n");
    done(command(&env).args(["--topic", "t", "missing.csv"])).expect(3);
    assert!(env.path("home/.config/k2-produce/metrics.prom").exists());
}

#[test]
fn a_configuration_file_is_never_overwritten() {
    let env = TestEnv::new();
    env.write("k2-produce.toml", "tz = \"UTC\"\n");
    env.write("trades.csv", "a\n1\n");
    let arguments = [
        "--topic",
        "t",
        "--dry-run",
        "--metrics-file",
        "k2-produce.toml",
        "trades.csv",
    ];
    done(command(&env).args(arguments))
        .expect(2)
        .says("the configuration file k2-produce.toml");
    assert_eq!(env.read("k2-produce.toml"), "tz = \"UTC\"\n");
}

#[test]
fn a_pipe_with_the_name_of_the_file_is_not_waited_for() {
    let env = TestEnv::new();
    let made = Command::new("mkfifo")
        .arg(env.path("k2-produce.toml"))
        .status()
        .unwrap();
    assert!(made.success());
    done(command(&env).args(["schema", "list"]))
        .expect(2)
        .says("k2-produce.toml: the configuration file is not a regular file");
    done(command(&env).args(["schema", "list", "--no-config"])).expect(4);
    done(
        command(&env)
            .args(["schema", "list"])
            .env("K2_KAFKA_NO_CONFIG", "1"),
    )
    .expect(4);
}

#[test]
fn no_command_prints_a_secret() {
    let env = TestEnv::new();
    let trades = fixture("trades/trades.csv");
    let closed = "127.0.0.1:1";
    write_user_file(
        &env,
        &format!(
            "bootstrap-servers = \"{closed}\"\nschema-registry-url = \"http://alice:hunter2@{closed}\"\n\
             registry-token = {{ file = \"token\" }}\n[properties]\ndebug = \"all\"\nlog_level = 7\n\
             security.protocol = \"SASL_PLAINTEXT\"\nsasl.mechanism = \"PLAIN\"\nsasl.username = \"alice\"\n\
             sasl.password = \"hunter2\"\nssl.key.password = {{ env = \"KEY_PASSWORD\" }}\n"
        ),
    );
    std::fs::write(env.path("home/.config/k2-produce/token"), "hunter2\n").unwrap();
    let schema = fixture("schemas/trade.avsc");
    let mut seen = 0;
    for arguments in [
        &["config", "show"][..],
        &["config", "show", "--json"],
        &[
            "config",
            "show",
            "-X",
            "sasl.password=hunter2",
            "-r",
            "http://a:hunter2@r",
        ],
        &["--topic", "t", &trades],
        &["--topic", "t", "--dry-run", "--schema-file", &schema, &trades],
        &["show", "--topic", "t"],
        &["schema", "list"],
        &["schema", "list", "--profile", "none"],
    ] {
        let done = done(command(&env).args(arguments).env("KEY_PASSWORD", "hunter2"));
        let output = format!("{}{}", done.stdout, done.stderr);
        assert!(!output.contains("hunter2"), "{arguments:?}: {output}");
        seen += output.len();
    }
    assert!(seen > 1_000, "{seen}");
    for broken in [
        "registry-token = \"hunter2\n",
        "[properties]\nsasl.password = \"hunter2\" x\n",
        "[properties]\n\"ssl.key.pem\" = \"\"\"\nhunter2\n",
        "[properties]\nsasl.password = [\"hunter2\"]\n",
        "registry_token = \"hunter2\"\n",
    ] {
        write_user_file(&env, broken);
        let done = done(command(&env).args(["config", "show"])).expect(2);
        assert!(!done.stderr.contains("hunter2"), "{broken}: {}", done.stderr);
    }
}
