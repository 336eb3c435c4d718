//! Client properties in a file, in the forms of librdkafka and of Java clients.

use std::os::unix::fs::PermissionsExt;

use crate::support::stack::stack;
use crate::support::{TestEnv, done, fixture};

/// A run of ten trades on the stack, with the brokers in the file `client.properties`.
fn run(env: &TestEnv, topic: &str, properties: &str) -> crate::support::Done {
    env.write("client.properties", properties);
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(env.path("client.properties"), mode).unwrap();
    let mut command = env.command_on_stack();
    command.env("K2_KAFKA_BOOTSTRAP_SERVERS", "");
    command.args(["-F", "client.properties", "--topic", topic, "--limit", "10"]);
    done(command.arg(fixture("trades/trades.csv")))
}

#[test]
fn a_file_of_a_java_client_is_read_and_ignored_names_are_listed() {
    let env = TestEnv::new();
    let topic = stack().topic("java", 1, "schemas/trade.avsc");
    let properties = format!(
        "# for every client\nbootstrap.servers={}\nacks = all\nlinger.ms: 3\nbuffer.memory=33554432\n\
         key.serializer=org.apache.kafka.common.serialization.StringSerializer\n",
        stack().bootstrap_servers
    );
    run(&env, &topic, &properties)
        .expect(0)
        .says("10 delivered")
        .says("note: client.properties: ignored, because they have no meaning here: `key.serializer`");
    assert_eq!(stack().dump(&topic).len(), 10);
}

#[test]
fn properties_that_cannot_be_used_are_named_by_line_and_never_shown() {
    let env = TestEnv::new();
    for (properties, reason) in [
        ("client.id=x\nacks=1\n", "client.properties:2: `acks` is refused"),
        (
            "liger.ms=1\n",
            "client.properties:1: `liger.ms`: librdkafka has no property with that name",
        ),
        (
            "bootstrap.servers=http://kafka\n",
            "client.properties:1: broker `http://kafka`",
        ),
        (
            "ssl.truststore.location=secret.jks\n",
            "`ssl.truststore.location` is a property of Java clients",
        ),
        (
            "sasl.password=secret\\pass\n",
            "client.properties:1: write a backslash as `\\\\`",
        ),
        (
            "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\n\
             sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required x=\"secret\";\n",
            "client.properties:3: `sasl.jaas.config`",
        ),
    ] {
        let done = run(&env, "t", properties).expect(2).says(reason);
        assert!(!done.stderr.contains("secret"), "{}", done.stderr);
    }
}

#[test]
fn a_secret_that_others_can_read_causes_a_warning() {
    let env = TestEnv::new();
    env.write(
        "open.properties",
        "bootstrap.servers=127.0.0.1:1\nsasl.password=secret\n",
    );
    let mode = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(env.path("open.properties"), mode).unwrap();
    let done = env
        .dry_run(&[
            "-F",
            "open.properties",
            &fixture("trades/trades.csv"),
            "--limit",
            "1",
        ])
        .expect(0)
        .says("warning: open.properties contains a secret, and other users of this machine can read it");
    assert!(!done.stderr.contains("sasl.password"), "{}", done.stderr);
}

#[test]
fn invalid_brokers_and_values_that_may_be_secrets_are_refused_immediately() {
    let env = TestEnv::new();
    let trades = fixture("trades/trades.csv");
    let dry = |arguments: &[&str]| env.dry_run(&[arguments, &[trades.as_str()]].concat()).expect(2);
    dry(&["-b", ","]).says("`-b`: no broker is named");
    dry(&["-b", "localhost:99999"]).says("the port must be a number between 1 and 65535");
    dry(&["-b", "http://localhost:9092"]).says("expected HOST:PORT, not a URL");
    dry(&[
        "-X",
        "security.protocol=SASL_SSL",
        "-X",
        "sasl.mechanism=OAUTHBEARER",
    ])
    .says("`sasl.mechanism=OAUTHBEARER` is not supported");
    for property in [
        "sasl.jaas.config=hunter2",
        "sasl.password:hunter2",
        "ssl.key.pem=hunter2",
    ] {
        let done = env.dry_run(&["-X", property, &trades]);
        assert!(!done.stderr.contains("hunter2"), "{}", done.stderr);
    }
    let mut command = env.command();
    command.env("K2_KAFKA_BOOTSTRAP_SERVERS", "kafka:0");
    command.args(["--topic", "t", &trades]);
    done(&mut command)
        .expect(2)
        .says("`K2_KAFKA_BOOTSTRAP_SERVERS`: broker `kafka:0`");
}
