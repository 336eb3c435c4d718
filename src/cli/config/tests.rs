use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::cli::arguments::{Command, ConfigCommand, ConnectionArguments};
use crate::cli::config_show::shown;
use crate::cli::parsing;
use crate::cli::settings::{Destination, KafkaSettings, RegistryAccess, Settings};
use crate::load::{Commit, EarlierRuns};

/// A folder with the working directory's file, `work/k2-produce.toml`, and the user's, `home/k2-produce.toml`.
struct Files {
    folder: TempDir,
    environment: Environment,
}

impl Files {
    fn new(working: &str, user: &str) -> Files {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Files {
            folder,
            environment: Environment::default(),
        };
        let places = &mut files.environment.config_places;
        for (place, name, text) in [
            (&mut places.working, "work", working),
            (&mut places.user, "home", user),
        ] {
            let path = files.folder.path().join(name).join(FILE_NAME);
            fs::create_dir(path.parent().unwrap()).unwrap();
            if !text.is_empty() {
                fs::write(&path, text).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
            }
            *place = Some(path);
        }
        files
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn parsed(&self, words: &[&str]) -> Result<(Arguments, Given, Environment), String> {
        let words = ["k2-produce"].iter().chain(words).map(std::ffi::OsString::from);
        let (arguments, given) = parsing::parse(words).expect("the command line is right");
        let environment = self.environment.clone().with_config(&arguments.config, &given);
        // The places of the test's folder are not interesting.
        let folder = format!("{}/", self.folder.path().display());
        let environment = environment.map_err(|failure| failure.with_all().replace(&folder, ""))?;
        Ok((arguments, given, environment))
    }

    /// The settings of a load.
    fn settings(&self, words: &[&str]) -> Result<Settings, String> {
        let words = [&["--topic", "trades", "t.csv"], words].concat();
        let (mut arguments, _, environment) = self.parsed(&words)?;
        arguments.produce.fill_in(environment.config.layer());
        let folder = format!("{}/", self.folder.path().display());
        Settings::of_run(arguments.produce, &environment).map_err(|failure| {
            failure
                .of_configured(&environment.config)
                .with_all()
                .replace(&folder, "")
        })
    }

    fn error(&self, words: &[&str]) -> String {
        self.settings(words).err().expect("the settings are refused")
    }

    /// The error of a registry that is not asked.
    fn registry_error(&self, words: &[&str]) -> Option<String> {
        let settings = self.settings(words).unwrap();
        let folder = format!("{}/", self.folder.path().display());
        let error = settings.registry.client().err()?;
        Some(error.with_all().replace(&folder, ""))
    }

    fn shown(&self, words: &[&str]) -> String {
        let words = [&["config", "show"], words].concat();
        let (arguments, given, environment) = self.parsed(&words).unwrap();
        let Some(Command::Config(config)) = arguments.command else {
            unreachable!("the command is `config show`");
        };
        let ConfigCommand::Show(typed) = config.command;
        let (text, json, _) = shown(*typed, &given, &environment).unwrap();
        let folder = format!("{}/", self.folder.path().display());
        format!("{text}{json}").replace(&folder, "")
    }
}

fn brokers(settings: &Settings) -> &str {
    match &settings.destination {
        Destination::Kafka { producer, .. } => &producer.bootstrap_servers,
        Destination::Nowhere { .. } => panic!("a run goes to a topic"),
    }
}

/// The last value of a property as the client gets it.
fn property(settings: &Settings, name: &str) -> Option<String> {
    match &settings.destination {
        Destination::Kafka { producer, .. } => producer.client_config().unwrap().get(name).map(str::to_owned),
        Destination::Nowhere { .. } => panic!("a run goes to a topic"),
    }
}

/// What is set in one of the places of a table of precedence.
enum Layered {
    Option,
    Variable,
    /// A line in the defaults, the profile `prod` or the topic `trades` of a file.
    Working(&'static str),
    User(&'static str),
    /// The user's properties file.
    Properties,
}

/// For every combination of `sources`, the first one that is set decides. `line` writes the setting with a value.
fn check_precedence(
    sources: &[Layered],
    option: impl Fn(&str) -> Vec<String>,
    line: impl Fn(&str) -> String,
    decided: impl Fn(&Settings) -> String,
    default: &str,
) {
    for combination in 0..1_u32 << sources.len() {
        let (mut words, mut variable) = (vec!["--profile".to_owned(), "prod".to_owned()], None);
        let mut tables = BTreeMap::from([
            (("work", "prod"), String::new()),
            (("home", "prod"), String::new()),
        ]);
        let mut properties = false;
        let mut expected = default.to_owned();
        for (index, source) in sources.iter().enumerate().rev() {
            if combination & 1 << index == 0 {
                continue;
            }
            expected = format!("v{index}:1");
            match source {
                Layered::Option => words.extend(option(&expected)),
                Layered::Variable => variable = Some(expected.clone()),
                Layered::Working(table) => tables
                    .entry(("work", *table))
                    .or_default()
                    .push_str(&line(&expected)),
                Layered::User(table) => tables
                    .entry(("home", *table))
                    .or_default()
                    .push_str(&line(&expected)),
                Layered::Properties => properties = true,
            }
        }
        let file = |file: &str| {
            let table = |name| tables.get(&(file, name)).cloned().unwrap_or_default();
            let of_properties = match properties && file == "home" {
                true => "properties-file = \"client.properties\"\n",
                false => "",
            };
            format!(
                "{of_properties}{}\n[profiles.prod]\n{}\n[profiles.test]\ntz = \"UTC\"\n[topics.trades]\n{}\n[topics.other]\n\
                 tz = \"UTC\"\n",
                table("defaults"),
                table("prod"),
                table("trades")
            )
        };
        let mut files = Files::new(&file("work"), &file("home"));
        let of_file = format!("v{}:1", sources.len() - 1);
        files.write(
            "home/client.properties",
            &format!("bootstrap.servers={of_file}\nclient.id={of_file}\n"),
        );
        files.environment.bootstrap_servers = variable;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let settings = files.settings(&words).unwrap();
        assert_eq!(
            decided(&settings),
            expected,
            "{combination:b} {words:?}\n{}\n{}",
            file("work"),
            file("home")
        );
    }
}

#[test]
fn brokers_come_from_the_first_place_that_names_them() {
    use Layered::*;
    let sources = [
        Option,
        Variable,
        Working("prod"),
        Working("defaults"),
        User("prod"),
        User("defaults"),
        Properties,
    ];
    check_precedence(
        &sources,
        |value| vec!["-b".to_owned(), value.to_owned()],
        |value| format!("bootstrap-servers = \"{value}\"\n"),
        |settings| brokers(settings).to_owned(),
        "localhost:9092",
    );
}

#[test]
fn properties_come_from_the_first_place_that_sets_them() {
    use Layered::*;
    let sources = [
        Option,
        Working("prod"),
        Working("defaults"),
        User("prod"),
        User("defaults"),
        Properties,
    ];
    check_precedence(
        &sources,
        |value| vec!["-X".to_owned(), format!("client.id={value}")],
        |value| format!("properties.client.id = \"{value}\"\n"),
        |settings| property(settings, "client.id").unwrap_or_default(),
        "k2-produce",
    );
}

#[test]
fn options_come_from_the_first_place_that_sets_them() {
    use Layered::*;
    let sources = [
        Option,
        Working("trades"),
        Working("prod"),
        Working("defaults"),
        User("trades"),
        User("prod"),
        User("defaults"),
    ];
    check_precedence(
        &sources,
        |value| vec!["--subject".to_owned(), value.to_owned()],
        |value| format!("subject = \"{value}\"\n"),
        |settings| settings.subject.named().unwrap_or("none").to_owned(),
        "none",
    );
}

#[test]
fn choices_that_exclude_each_other_come_from_one_place() {
    let files = Files::new(
        "key = \"a\"\n[topics.trades]\nno-key = true\n",
        "key-schema = true\n",
    );
    for (words, expected) in [
        (&[][..], "no key"),
        (&["--key", "symbol"], "text"),
        (&["--key-schema"], "avro"),
    ] {
        use crate::cli::settings::KeySource;
        let settings = files.settings(words).unwrap();
        let found = match settings.message.key {
            KeySource::None => "no key",
            KeySource::Default => "default",
            KeySource::Text(_) => "text",
            KeySource::Avro { .. } => "avro",
        };
        assert_eq!(found, expected, "{words:?}");
    }
    let files = Files::new(
        "schema-version = 3\n",
        "subject = \"s\"\nregistry-user-file = \"user\"\n",
    );
    assert_eq!(files.settings(&[]).unwrap().subject.named(), None);
    assert!(
        files
            .settings(&["--schema-id", "7"])
            .unwrap()
            .subject
            .id
            .is_some()
    );
}

#[test]
fn a_switch_of_the_users_file_is_turned_off_by_the_working_directory() {
    let files = Files::new("strict-columns = false\n", "strict-columns = true\n");
    use crate::cli::settings::ExtraColumns;
    assert_eq!(
        files.settings(&[]).unwrap().input.extra_columns,
        ExtraColumns::Ignore
    );
    let files = Files::new("", "strict-columns = true\n");
    assert_eq!(
        files.settings(&[]).unwrap().input.extra_columns,
        ExtraColumns::Refuse
    );
    assert_eq!(
        files.settings(&["--no-config"]).unwrap().input.extra_columns,
        ExtraColumns::Ignore
    );
}

#[test]
fn lists_and_tables_are_repeated_options() {
    let files = Files::new(
        "header = { source = \"asx\", batch = 7 }\ncolumns = [\"a\", \"b\"]\nnull-token = [\"NA\", \"-\"]\n\
         set = [\"x=1\"]\nbootstrap-servers = [\"a:1\", \"b:2\"]\n",
        "",
    );
    let settings = files.settings(&[]).unwrap();
    let headers: Vec<&str> = settings
        .message
        .headers
        .iter()
        .map(|header| header.name.as_str())
        .collect();
    assert_eq!(headers, ["source", "batch"]);
    assert_eq!(
        settings.mapping.rules().null_tokens,
        [b"NA".to_vec(), b"-".to_vec()]
    );
    assert_eq!(brokers(&settings), "a:1,b:2");
}

#[test]
fn what_a_file_must_not_have_is_shown_with_its_place() {
    for (text, message) in [
        (
            "tz = \"UTC\"\ntimezone = 1\n",
            "work/k2-produce.toml:2:1: `timezone` is not a key of a configuration file\n 2 | timezone = 1\n   | ^^^^^^^^",
        ),
        (
            "bootstrap_servers = \"a:1\"\n",
            "did you mean `bootstrap-servers`?",
        ),
        ("[profile.x]\n", "did you mean `profiles`?"),
        (
            "security.protocol = \"SSL\"\n",
            "properties of librdkafka belong in a table `[properties]`",
        ),
        ("tz = 3\n", "work/k2-produce.toml:1:6: `tz`: "),
        ("tz = \"Mars/Base\"\n", "work/k2-produce.toml:1:6: `tz`: "),
        (
            "format = \"xml\"\n",
            "`format`: expected one of `csv`, `jsonl`, `json`, `envelope`",
        ),
        ("format = true\n", "`format`: expected a text or a number"),
        (
            "strict-columns = \"yes\"\n",
            "`strict-columns`: expected `true` or `false`",
        ),
        ("map = [\"a\", \"b\"]\n", "`map`: expected a text or a number"),
        (
            "header = 2020-01-01\n",
            "`header`: expected a table of texts, or an array of them",
        ),
        (
            "bootstrap-servers = \"http://a\"\n",
            "broker `http://a`: expected HOST:PORT, not a URL",
        ),
        (
            "topic = \"t\"\n",
            "`topic` cannot be set in a file: it says where the rows of a run go",
        ),
        ("register = true\n", "`register` cannot be set in a file"),
        ("key = \"a\"\nno-key = true\n", "exclude each other"),
        (
            "[topics.trades]\nbootstrap-servers = \"a:1\"\n",
            "work/k2-produce.toml:2:1: `bootstrap-servers` cannot be set for a topic",
        ),
        ("[topics]\ntrades = 3\n", "expected `[topics.trades]`, a table"),
        (
            "[properties]\nacks = 1\n",
            "work/k2-produce.toml:2:1: `acks` is refused: a row counts as delivered once",
        ),
        ("[properties]\n\"liger.ms\" = 1\n", "did you mean `linger.ms`?"),
        (
            "[properties]\nlinger.ms = \"soon\"\n",
            "`linger.ms=soon`: Invalid value",
        ),
        (
            "[properties]\n\"bootstrap.servers\" = \"a:1\"\n",
            "the key for the brokers is `bootstrap-servers`",
        ),
        (
            "[properties]\nplugin.library.paths = \"evil.so\"\n",
            "it would load code into the process",
        ),
        ("tz = \n", "work/k2-produce.toml:1:"),
    ] {
        let error = Files::new(text, "").error(&[]);
        assert!(error.contains(message), "{text}: {error}");
        // The same in the profiles of the user's file, even if no run asks for them.
        if !text.contains('[') {
            let error = Files::new("", &format!("[profiles.unused]\n{text}")).error(&[]);
            assert!(error.contains("home/k2-produce.toml:"), "{text}: {error}");
        }
    }
}

#[test]
fn the_working_directory_may_not_read_write_or_hide() {
    for text in [
        "rejects = \"/etc/cron.d/x\"\n",
        "metrics-file = \"m\"\n",
        "quiet = true\n",
        "ignore-rules = true\n",
        "properties-file = \"/home/alice/client.properties\"\n",
        "registry-user-file = \"/home/alice/.ssh/id_rsa\"\n",
        "registry-token-file = \"t\"\n",
        "registry-cert = \"c\"\nregistry-key = \"k\"\n",
        "registry-token = { file = \"/home/alice/.ssh/id_rsa\" }\n",
        "registry-user-info = { env = \"AWS_SECRET_ACCESS_KEY\" }\n",
        "properties.sasl.password = { file = \"/home/alice/.ssh/id_rsa\" }\n",
        "properties.sasl.password = { env = \"AWS_SECRET_ACCESS_KEY\" }\n",
        "properties.sasl.password.env = \"AWS_SECRET_ACCESS_KEY\"\n",
        "properties.ssl.key.location = \"/home/alice/key.pem\"\n",
        "properties.ssl.keystore.location = \"/home/alice/key.p12\"\n",
        "properties.sasl.oauthbearer.token.endpoint.url = \"http://evil\"\n",
        "properties.sasl.oauthbearer.assertion.private.key.file = \"k\"\n",
        "properties.sasl.oauthbearer.method = \"oidc\"\n",
        "properties.debug = \"all\"\n",
    ] {
        let error = Files::new(text, "").error(&[]);
        assert!(error.contains("working directory"), "{text}: {error}");
        assert!(error.starts_with("work/k2-produce.toml:1:"), "{text}: {error}");
        let own_file = "in your own configuration file, home/k2-produce.toml";
        assert!(error.contains(own_file), "{text}: {error}");
    }
}

#[test]
fn a_profile_that_no_file_has_is_refused_with_the_names_there() {
    let error =
        Files::new("[profiles.test]\n", "[profiles.prod]\ntz = \"UTC\"\n").error(&["--profile", "prd"]);
    assert_eq!(
        error,
        "there is no profile `prd`\nthe profiles are `prod`, `test`"
    );
    let error = Files::new("", "").error(&["--profile", "prd"]);
    assert!(
        error.contains("there is no configuration file: work/k2-produce.toml or home/k2-produce.toml"),
        "{error}"
    );
    let mut files = Files::new("[profiles.test]\n", "");
    files.environment.profile = Some("prod".to_owned());
    assert!(files.error(&[]).contains("there is no profile `prod`"));
    files.environment.profile = Some("test".to_owned());
    assert!(files.settings(&[]).is_ok());
    files.environment.profile = Some("prod".to_owned());
    assert!(files.settings(&["--no-config"]).is_ok());
}

#[test]
fn paths_are_relative_to_their_file() {
    let mut files = Files::new(
        "schema-file = \"a.avsc\"\n",
        "[topics.trades]\nrejects = \"bad/\"\nmetrics-file = \"~/m\"\n",
    );
    files.environment.config_places.home = Some("/home/alice".into());
    let settings = files.settings(&[]).unwrap();
    let folder = files.folder.path();
    assert_eq!(settings.bad_rows.rejects, Some(folder.join("home/bad/")));
    assert_eq!(settings.output.metrics_file, Some("/home/alice/m".into()));
    match settings.schema {
        crate::cli::settings::SchemaSource::RegisteredFile(path, _) => {
            assert_eq!(path, folder.join("work/a.avsc"))
        }
        _ => panic!("the schema is in a file"),
    }
}

#[test]
fn a_secret_in_a_file_that_others_can_read_is_refused() {
    for text in [
        "[properties]\n\"sasl.password\" = \"hunter2\"\n",
        "registry-token = \"hunter2\"\n",
        "registry-user-info = \"alice:hunter2\"\n",
        "schema-registry-url = \"http://alice:hunter2@r\"\n",
        "[profiles.unused.properties]\nsasl.password = \"hunter2\"\n",
    ] {
        for (working, user) in [(text, ""), ("", text)] {
            let files = Files::new(working, user);
            assert!(files.settings(&[]).is_ok(), "{text}");
            let places = files.environment.config_places.clone();
            let path = if user.is_empty() {
                places.working
            } else {
                places.user
            };
            for mode in [0o640, 0o604, 0o660] {
                fs::set_permissions(path.as_ref().unwrap(), Permissions::from_mode(mode)).unwrap();
                let error = files.error(&[]);
                assert!(error.contains("chmod 600"), "{text}: {error}");
                assert!(!error.contains("hunter2"), "{text}: {error}");
            }
        }
    }
}

#[test]
fn secrets_are_read_from_files_and_variables() {
    let files = Files::new(
        "",
        "bootstrap-servers = \"a:1\"\n[properties]\nsasl.password.file = \"password\"\nssl.key.password.env = \"PATH\"\n",
    );
    files.write("home/password", "hunter2\n");
    let settings = files.settings(&[]).unwrap();
    assert_eq!(property(&settings, "sasl.password").as_deref(), Some("hunter2"));
    assert_eq!(
        property(&settings, "ssl.key.password"),
        std::env::var("PATH").ok()
    );
    for (content, fault) in [
        ("", "is empty"),
        ("\r\n", "is empty"),
        ("hunter2\nsalt\n", "has more than one line"),
    ] {
        files.write("home/password", content);
        let error = files.error(&[]);
        let expected = format!("home/password` {fault}");
        assert!(error.contains(&expected), "{content:?}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    let files = Files::new("", "[properties]\nsasl.password.env = \"K2_TEST_NOT_SET\"\n");
    let error = files.error(&[]);
    assert!(
        error.contains(
            "home/k2-produce.toml:2:6: `sasl.password`: the environment variable `K2_TEST_NOT_SET` is not set"
        ),
        "{error}"
    );
    let mut files = Files::new("", "[properties]\nsasl.password.env = \"K2_TEST_NOT_SET\"\n");
    files.environment.kafka_secrets = vec![("sasl.password", Secret("other".to_owned()))];
    assert_eq!(
        property(&files.settings(&[]).unwrap(), "sasl.password").as_deref(),
        Some("other")
    );
}

const USER: &str = "bootstrap-servers = \"mine:1\"\nschema-registry-url = \"http://mine\"\nregistry-token = \"hunter2\"\n\
                    [properties]\nsasl.password = \"hunter2\"\nsasl.username = \"alice\"\nsasl.mechanism = \"PLAIN\"\n\
                    security.protocol = \"SASL_SSL\"\n";

#[test]
fn a_credential_is_not_sent_where_the_working_directory_decides() {
    assert!(
        Files::new(
            "tz = \"UTC\"\n[properties]\nlinger.ms = 5\nsasl.username = \"bob\"\n",
            USER
        )
        .settings(&[])
        .is_ok()
    );
    for (text, option) in [
        ("bootstrap-servers = \"evil:1\"\n", &["-b", "mine:1"][..]),
        (
            "[profiles.prod]\nbootstrap-servers = \"evil:1\"\n",
            &["--profile", "prod", "-b", "mine:1"],
        ),
        (
            "properties.security.protocol = \"PLAINTEXT\"\n",
            &["-X", "security.protocol=SASL_SSL"],
        ),
        (
            "properties.sasl.mechanism = \"SCRAM-SHA-256\"\n",
            &["-X", "sasl.mechanism=PLAIN"],
        ),
        (
            "properties.sasl.mechanisms = \"SCRAM-SHA-256\"\n",
            &["-X", "sasl.mechanism=PLAIN"],
        ),
        (
            "properties.ssl.ca.location = \"evil.pem\"\n",
            &["-X", "ssl.ca.location=mine.pem"],
        ),
        ("properties.ssl.ca.pem = \"evil\"\n", &["-X", "ssl.ca.pem=mine"]),
        (
            "properties.ssl.endpoint.identification.algorithm = \"none\"\n",
            &["-X", "ssl.endpoint.identification.algorithm=https"],
        ),
        (
            "properties.enable.ssl.certificate.verification = false\n",
            &["-X", "enable.ssl.certificate.verification=true"],
        ),
    ] {
        let files = Files::new(text, USER);
        let words: &[&str] = if text.contains("[profiles") {
            &["--profile", "prod"]
        } else {
            &[]
        };
        let error = files.error(words);
        assert!(error.starts_with("work/k2-produce.toml:"), "{text}: {error}");
        assert!(
            error.contains("(`sasl.password` from home/k2-produce.toml:5)"),
            "{text}: {error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
        assert!(files.settings(option).is_ok(), "{text}");
        assert!(files.settings(&["--no-config"]).is_ok());
        // Brokers and registry are judged separately.
        assert!(
            files.settings(option).unwrap().registry.client().is_ok(),
            "{text}"
        );
    }
}

#[test]
fn servers_that_the_user_names_too_get_the_credential() {
    for (text, is_trusted) in [
        ("bootstrap-servers = \"mine:1\"\n", true),
        ("bootstrap-servers = [\"mine:1\", \"mine:1\"]\n", true),
        ("bootstrap-servers = [\"mine:1\", \"evil:1\"]\n", false),
        ("bootstrap-servers = \"mine:2\"\n", false),
        ("properties.security.protocol = \"SASL_SSL\"\n", true),
        ("properties.sasl.mechanisms = \"PLAIN\"\n", true),
        (
            "bootstrap-servers = \"mine:1\"\nproperties.security.protocol = \"SASL_PLAINTEXT\"\n",
            false,
        ),
    ] {
        assert_eq!(Files::new(text, USER).settings(&[]).is_ok(), is_trusted, "{text}");
    }
    for (url, is_trusted) in [
        ("http://mine/", true),
        ("http://mine", true),
        ("http://mine:80", false),
    ] {
        let files = Files::new(&format!("schema-registry-url = \"{url}\"\n"), USER);
        assert_eq!(files.registry_error(&[]).is_none(), is_trusted, "{url}");
    }
    // A profile that is not used names nothing.
    let user = USER.replace("bootstrap-servers = \"mine:1\"\n", "")
        + "[profiles.p]\nbootstrap-servers = \"mine:1\"\n";
    let files = Files::new("bootstrap-servers = \"mine:1\"\n", &user);
    assert!(files.settings(&[]).is_err());
    assert!(files.settings(&["--profile", "p"]).is_ok());
    // Nor does what the profile overrides, which may be for other credentials.
    let user = format!(
        "{USER}[profiles.p]\nbootstrap-servers = \"other:1\"\nschema-registry-url = \"http://other\"\n"
    );
    let files = Files::new("bootstrap-servers = \"mine:1\"\n", &user);
    assert!(files.settings(&[]).is_ok());
    assert!(files.settings(&["--profile", "p"]).is_err());
    let files = Files::new("schema-registry-url = \"http://mine\"\n", &user);
    assert!(files.registry_error(&[]).is_none());
    assert!(files.registry_error(&["--profile", "p"]).is_some());
    let user = format!("{USER}[profiles.p]\nproperties.security.protocol = \"SASL_PLAINTEXT\"\n");
    let files = Files::new("properties.security.protocol = \"SASL_SSL\"\n", &user);
    assert!(files.settings(&[]).is_ok());
    assert!(files.settings(&["--profile", "p"]).is_err());
}

#[test]
fn options_of_exactly_once_loads_come_from_any_layer() {
    let text = "exactly-once = true\ncommit-rows = 7\ncheckpoint-topic = \"c\"\n";
    let files = Files::new(text, "");
    for more in [
        &[][..],
        &["--exactly-once"],
        &["--load-name", "n"],
        &["--commit-interval", "1s"],
    ] {
        let once = files.settings(more).unwrap().exactly_once.unwrap();
        let Commit::Often { rows, .. } = once.commit else {
            panic!("it commits once");
        };
        assert_eq!((rows, once.checkpoint_topic.as_str()), (7, "c"), "{more:?}");
    }
    assert!(files.settings(&["--dry-run"]).unwrap().exactly_once.is_none());
    let atomic = files.settings(&["--atomic"]).unwrap().exactly_once.unwrap();
    assert_eq!(
        (atomic.commit, atomic.earlier_runs),
        (Commit::Once, EarlierRuns::Continue)
    );
    assert!(files.settings(&["--rate", "1/s"]).is_err());
    let files = Files::new("commit-rows = 7\n", "");
    assert!(files.settings(&[]).unwrap().exactly_once.is_none());
    let atomic = files.settings(&["--atomic"]).unwrap().exactly_once.unwrap();
    assert_eq!(atomic.earlier_runs, EarlierRuns::Ignore);
    assert!(files.settings(&["--atomic", "--restart"]).is_err());
    assert!(files.settings(&["--atomic", "--rate", "1/s"]).is_err());
    assert!(
        files
            .settings(&["--exactly-once"])
            .unwrap()
            .exactly_once
            .is_some()
    );
    assert!(files.settings(&["--load-name", "n"]).is_err());
}

#[test]
fn a_default_for_csv_has_no_effect_on_other_formats() {
    let files = Files::new("delimiter = \";\"\n", "");
    assert!(files.settings(&[]).unwrap().input.csv_options.is_empty());
    assert_eq!(
        files.settings(&["--delimiter", ";"]).unwrap().input.csv_options,
        ["--delimiter"]
    );
}

#[test]
fn a_secrets_file_that_every_user_can_read_is_noticed() {
    let files = Files::new(
        "",
        "registry-token.file = \"token\"\nproperties.sasl.password.file = \"token\"\n",
    );
    files.write("home/token", "hunter2\n");
    for (mode, count) in [(0o644, 2), (0o600, 0)] {
        fs::set_permissions(
            files.folder.path().join("home/token"),
            Permissions::from_mode(mode),
        )
        .unwrap();
        let (_, _, environment) = files.parsed(&["schema", "list"]).unwrap();
        assert_eq!(environment.config.open_files.len(), count);
    }
}

#[test]
fn credentials_of_options_variables_and_other_files_follow_the_same_rule() {
    let working = "bootstrap-servers = \"evil:1\"\n";
    let sasl = "sasl.mechanism = \"PLAIN\"\nsecurity.protocol = \"SASL_SSL\"\nsasl.username = \"alice\"\n";
    let mut files = Files::new(working, "");
    files.environment.kafka_secrets = vec![("sasl.password", Secret("hunter2".to_owned()))];
    assert!(
        files
            .error(&[])
            .contains("`sasl.password` from K2_KAFKA_SASL_PASSWORD")
    );
    let files = Files::new(working, "");
    assert!(
        files
            .error(&["-X", "sasl.password=hunter2"])
            .contains("`sasl.password` from command line")
    );
    assert!(
        files
            .error(&["-X", "ssl.key.location=key.pem"])
            .contains("`ssl.key.location`")
    );
    let properties = format!("{}sasl.password=hunter2\n", sasl.replace('"', ""));
    files.write("home/client.properties", &properties);
    let path = files
        .folder
        .path()
        .join("home/client.properties")
        .to_string_lossy()
        .into_owned();
    assert!(
        files
            .error(&["-F", &path])
            .contains("`sasl.password` from home/client.properties:4")
    );
    files.write(
        "home/client.properties",
        &format!("{properties}bootstrap.servers=mine:1\n"),
    );
    assert_eq!(brokers(&files.settings(&["-F", &path]).unwrap()), "mine:1");
    let files = Files::new(working, "properties-file = \"client.properties\"\n");
    files.write(
        "home/client.properties",
        &format!("{properties}bootstrap.servers=mine:1\n"),
    );
    assert!(
        files
            .error(&[])
            .contains("`sasl.password` from home/client.properties:4")
    );
    // A password of the working directory itself goes where that says.
    let files = Files::new(
        &format!("{working}[properties]\nsasl.password = \"own\"\n{sasl}"),
        "",
    );
    assert_eq!(
        property(&files.settings(&[]).unwrap(), "sasl.password").as_deref(),
        Some("own")
    );
}

#[test]
fn a_credential_for_the_registry_is_not_sent_where_the_working_directory_decides() {
    for (text, words) in [
        (
            "schema-registry-url = \"http://evil\"\n",
            &["-r", "http://mine"][..],
        ),
        (
            "schema-registry-url = [\"http://mine\", \"http://evil\"]\n",
            &["-r", "http://mine"],
        ),
        ("registry-no-proxy = true\n", &["--registry-no-proxy"]),
    ] {
        let files = Files::new(text, USER);
        let error = files.registry_error(&[]).expect("the registry is refused");
        assert!(error.starts_with("work/k2-produce.toml:1:1: "), "{error}");
        assert!(
            error.contains("(`registry-token` from home/k2-produce.toml:3)"),
            "{error}"
        );
        assert_eq!(files.registry_error(words), None, "{text}");
    }
    let evil = "schema-registry-url = \"http://evil\"\n";
    for user in [
        "registry-user-file = \"user\"\n",
        "registry-token-file = \"token\"\n",
        "registry-cert = \"c\"\nregistry-key = \"k\"\n",
        "registry-user-info = \"alice:hunter2\"\n",
    ] {
        assert!(
            Files::new(evil, user)
                .registry_error(&[])
                .is_some_and(|error| error.contains("evil")),
            "{user}"
        );
    }
    let files = Files::new(evil, "");
    assert_eq!(files.registry_error(&[]), None);
    assert!(files.registry_error(&["--registry-user-file", "user"]).is_some());
    let mut files = Files::new(evil, "");
    files.environment.registry_credentials.token = Some(Secret("hunter2".to_owned()));
    let error = files.registry_error(&[]).expect("the registry is refused");
    assert!(error.contains("K2_KAFKA_SCHEMA_REGISTRY_TOKEN"), "{error}");
    // The address of the user has the password.
    let files = Files::new(
        "registry-no-proxy = true\n",
        "schema-registry-url = \"http://alice:hunter2@mine\"\n",
    );
    let error = files.registry_error(&[]).expect("the registry is refused");
    assert!(!error.contains("hunter2"), "{error}");
    assert!(
        files
            .registry_error(&["-r", "http://alice:hunter2@mine"])
            .is_some()
    );
}

#[test]
fn a_mapping_of_the_working_directory_reads_no_files_outside_of_it() {
    let files = Files::new("map = \"m.toml\"\n", "");
    let mapping = |file: &str| {
        format!("[fields]\na = 'lookup(l, b, c)'\n[lookups.l]\nfile = \"{file}\"\nkey = \"k\"\n")
    };
    files.write("work/inside.csv", "k,b\n1,2\n");
    files.write("secret.csv", "k,b\n1,2\n");
    std::os::unix::fs::symlink(
        files.folder.path().join("secret.csv"),
        files.folder.path().join("work/link.csv"),
    )
    .unwrap();
    files.write("work/m.toml", &mapping("inside.csv"));
    assert!(files.settings(&[]).is_ok());
    for outside in ["../secret.csv", "link.csv"] {
        files.write("work/m.toml", &mapping(outside));
        let error = files.error(&[]);
        assert!(error.contains("is outside of the working directory"), "{error}");
        let map = files
            .folder
            .path()
            .join("work/m.toml")
            .to_string_lossy()
            .into_owned();
        assert!(files.settings(&["--map", &map]).is_ok());
    }
}

#[test]
fn the_users_file_in_its_own_directory_is_the_users() {
    let mut files = Files::new("", USER);
    files.environment.config_places.working = files.environment.config_places.user.clone();
    assert_eq!(brokers(&files.settings(&[]).unwrap()), "mine:1");
}

#[test]
fn no_secret_is_shown() {
    let secrets = [
        "sasl.password",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.assertion.private.key.passphrase",
        "sasl.oauthbearer.assertion.private.key.pem",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.password",
        "sasl.oauthbearer.client.credentials.client.secret",
    ];
    let mut shown_secrets = 0;
    for name in secrets {
        let text = format!("[properties]\n\"{name}\" = \"hunter2\"\n");
        // This build has no OAuth, so it does not accept its properties.
        if crate::kafka::check_property(name, "hunter2").is_err() {
            assert!(!Files::new("", &text).error(&[]).contains("hunter2"), "{name}");
            continue;
        }
        shown_secrets += 1;
        let files = Files::new("", &text);
        let shown = files.shown(&[]);
        assert!(
            shown.contains(name) && shown.contains("home/k2-produce.toml:2"),
            "{shown}"
        );
        assert!(!shown.contains("hunter2"), "{name}: {shown}");
        let typed = format!("{name}=hunter2");
        let shown = Files::new("", "").shown(&["-X", &typed]);
        assert!(
            shown.contains("command line") && !shown.contains("hunter2"),
            "{name}: {shown}"
        );
        files.write("home/p", &format!("{name}=hunter2\n"));
        let path = files.folder.path().join("home/p").to_string_lossy().into_owned();
        assert!(!files.shown(&["-F", &path]).contains("hunter2"), "{name}");
    }
    assert!(shown_secrets >= 4, "{shown_secrets}");
    let files = Files::new(
        "",
        "registry-token = \"hunter2\"\nschema-registry-url = \"http://alice:hunter2@r\"\n\
         [properties]\nclient.rack = \"http://alice:hunter2@rack\"\n",
    );
    let shown = files.shown(&[]);
    assert!(
        shown.contains("http://***@r") && shown.contains("http://***@rack") && !shown.contains("hunter2"),
        "{shown}"
    );
    let mut files = Files::new("", "");
    files.environment.kafka_secrets = vec![("sasl.password", Secret("hunter2".to_owned()))];
    files.environment.registry_credentials.user_info = Some(Secret("alice:hunter2".to_owned()));
    let shown = files.shown(&[]);
    assert!(
        shown.contains("K2_KAFKA_SASL_PASSWORD") && shown.contains("K2_KAFKA_SCHEMA_REGISTRY_USER_INFO"),
        "{shown}"
    );
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(!format!("{:?}", files.parsed(&["config", "show"]).unwrap().2).contains("hunter2"));
}

#[test]
fn the_properties_of_a_preset_are_shown() {
    let files = Files::new("", "");
    for (preset, size, linger) in [
        ("standard", "32768", "10"),
        ("throughput", "524288", "50"),
        ("latency", "32768", "0"),
    ] {
        let shown = files.shown(&["--topic", "t", "--preset", preset]);
        let value = |name: &str| {
            let line = shown
                .lines()
                .find(|line| line.starts_with(name))
                .expect("it is shown");
            line.split_whitespace().nth(1).map(str::to_owned)
        };
        assert_eq!(value("batch.size").as_deref(), Some(size), "{preset}");
        assert_eq!(
            value("queue.buffering.max.ms").as_deref(),
            Some(linger),
            "{preset}"
        );
    }
}

#[test]
fn the_origin_of_each_setting_is_shown() {
    let mut files = Files::new(
        "tz = \"UTC\"\n[topics.trades]\nmap = \"trades.toml\"\n",
        "[profiles.prod]\nsubject-strategy = \"record\"\n",
    );
    files.environment.bootstrap_servers = Some("b:1".to_owned());
    let shown = files.shown(&[
        "--topic",
        "trades",
        "--profile",
        "prod",
        "--limit",
        "3",
        "-X",
        "linger.ms=7",
    ]);
    let lines: Vec<Vec<&str>> = shown
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    for line in [
        ["tz", "UTC", "work/k2-produce.toml:1"],
        ["map", "work/trades.toml", "work/k2-produce.toml:3"],
        ["subject-strategy", "record", "home/k2-produce.toml:2"],
        ["bootstrap-servers", "b:1", "K2_KAFKA_BOOTSTRAP_SERVERS"],
        ["json-encoding", "auto", "default"],
        ["schema-registry-url", "http://localhost:8081", "default"],
        ["partitioner", "murmur2_random", "default"],
    ] {
        assert!(lines.contains(&line.to_vec()), "{line:?}\n{shown}");
    }
    for line in [["limit", "3"], ["linger.ms", "7"]] {
        assert!(
            lines.contains(&[&line[..], &["command", "line"]].concat()),
            "{line:?}\n{shown}"
        );
    }
    assert!(!shown.contains("queue.buffering.max.ms"), "{shown}");
}

#[test]
fn the_error_of_a_value_names_the_place_that_set_it() {
    let files = Files::new("", "columns = [\"a\", \"a\"]\n");
    assert_eq!(
        files.error(&[]),
        "`--columns`: `a` is given twice\n`--columns` is set in home/k2-produce.toml:1"
    );
    let files = Files::new("", "json-encoding = \"avro\"\nepoch-unit = \"s\"\n");
    let error = files.error(&[]);
    assert!(
        error.contains("`--epoch-unit s` is set in")
            || error.contains("`--epoch-unit` is set in home/k2-produce.toml:2"),
        "{error}"
    );
}

#[test]
fn every_command_with_a_connection_uses_the_files() {
    let files = Files::new(
        "schema-registry-url = \"http://of-file\"\nbootstrap-servers = \"of-file:1\"\n",
        "",
    );
    let (_, _, environment) = files.parsed(&["show", "--topic", "t"]).unwrap();
    let layer = environment.layer();
    let connection: ConnectionArguments = layer.kafka.connection;
    let kafka = KafkaSettings::connection(connection, &[], &environment).unwrap();
    assert_eq!(kafka.producer.bootstrap_servers, "of-file:1");
    assert_eq!(layer.registry.url.as_deref(), Some("http://of-file"));
    RegistryAccess::decide(layer.registry, &environment)
        .client()
        .unwrap();
}
