//! Runs and `k2-produce schema` with a second real registry: Apicurio 3, with both of its paths.

use serde_json::{Value, json};

use crate::support::second_registry::second_registry;
use crate::support::stack::stack;
use crate::support::{Done, TestEnv, unique};

const PATHS: [&str; 2] = ["/apis/ccompat/v7", "/apis/ccompat/v8"];

struct Registry {
    env: TestEnv,
    topic: String,
    url: String,
}

impl Registry {
    /// A topic, and a folder with `t.csv`.
    fn at(path: &str) -> Registry {
        let topic = unique("second");
        stack().create_topic(&topic, 1, &[]);
        let env = TestEnv::new();
        env.write("t.csv", "symbol,price\nBHP,1.5\n");
        Registry {
            env,
            topic,
            url: format!("{}{path}", second_registry().url),
        }
    }

    fn subject(&self) -> String {
        format!("{}-value", self.topic)
    }

    /// A schema with the columns of `t.csv`, and optionally more fields.
    fn schema(&self, more: &str) -> String {
        let name = self.topic.replace('.', "_");
        format!(
            r#"{{"type":"record","name":"{name}","namespace":"com.k2","fields":[{{"name":"symbol","type":"string"}},
                {{"name":"price","type":{{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}}}{more}]}}"#
        )
    }

    fn load(&self, more: &[&str]) -> Done {
        self.run(&[&["--topic", &self.topic, "t.csv"], more].concat())
    }

    fn about_schemas(&self, what: &str, more: &[&str]) -> Done {
        self.run(&[&["schema", what, "--topic", &self.topic], more].concat())
    }

    fn run(&self, arguments: &[&str]) -> Done {
        // On a busy machine, a request that is the first of its kind can take it longer than the default.
        let registry = ["-r", &self.url, "--registry-timeout", "1min"];
        self.env.run_on_stack(&[arguments, &registry].concat())
    }

    /// Sends a request without our client.
    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}{path}", self.url);
        let request = match method {
            "PUT" => client.put(url),
            "POST" => client.post(url),
            _ => client.get(url),
        };
        let request = request.header("Content-Type", "application/json");
        let response = request.body(body.to_string()).send().unwrap();
        assert!(response.status().is_success(), "{method} {path}: {response:?}");
        serde_json::from_str(&response.text().unwrap()).unwrap()
    }

    /// Sets the rule for the subject's next version.
    fn set_rule(&self, rule: &str) {
        let path = format!("/config/{}", self.subject());
        self.ask("PUT", &path, &json!({ "compatibility": rule }));
    }
}

#[test]
fn a_schema_is_registered_found_and_used() {
    for path in PATHS {
        let registry = Registry::at(path);
        let subject = registry.subject();
        let env = &registry.env;
        env.write("t.avsc", registry.schema(""));
        registry
            .load(&[])
            .expect(4)
            .says(&format!("subject `{subject}` is not in the registry"));
        registry
            .load(&["--schema-file", "t.avsc", "--register"])
            .expect(0)
            .says("t.avsc is registered as version 1 (id ");
        let first = registry.load(&[]).expect(0);
        let first = first.says(&format!("{subject} version 1 (id "));
        let id = first.stderr.split("(id ").nth(1).unwrap();
        let id = id.split(')').next().unwrap();
        registry.load(&["--schema-id", id]).expect(0);
        registry.load(&["--schema-version", "1"]).expect(0);
        registry.load(&["--schema-version", "7"]).expect(4);

        let other_order = registry
            .schema("")
            .replace(r#""precision":9,"scale":2"#, r#""scale":2,"precision":9"#);
        env.write("order.avsc", other_order);
        registry
            .load(&["--schema-file", "order.avsc"])
            .expect(0)
            .says(&format!(
                "order.avsc is version 1 of {subject}, except for the order of JSON keys\n"
            ));
        env.write(
            "scale.avsc",
            registry.schema("").replace(r#""scale":2"#, r#""scale":3"#),
        );
        registry
            .load(&["--schema-file", "scale.avsc"])
            .expect(4)
            .says("the schema in scale.avsc is not registered under subject");
        let listed = registry
            .run(&["schema", "list", &subject, "--json"])
            .expect(0)
            .json();
        assert_eq!(listed[0]["version"], 1);
        let shown = registry.about_schemas("show", &["--json"]).expect(0).json();
        assert_eq!(shown["id"].to_string(), id);
        stack().await_records(&registry.topic, 5);
    }
}

#[test]
fn references_are_followed() {
    for path in PATHS {
        let registry = Registry::at(path);
        let name = registry.topic.replace('.', "_");
        let price = format!("{}.price", registry.topic);
        let text = format!(
            r#"{{"type":"record","name":"Price_{name}","namespace":"com.k2","fields":[{{"name":"units","type":"long"}}]}}"#
        );
        registry.ask(
            "POST",
            &format!("/subjects/{price}/versions"),
            &json!({ "schema": text }),
        );
        registry.env.write(
            "q.avsc",
            format!(
                r#"{{"type":"record","name":"Quote_{name}","namespace":"com.k2","fields":[
                    {{"name":"bid","type":"com.k2.Price_{name}"}}]}}"#
            ),
        );
        registry.env.write("q.jsonl", r#"{"bid":{"units":8}}"#);
        let reference = format!("com.k2.Price_{name}={price}:1");
        let load = |more: &[&str]| {
            registry.run(&[&["--topic", &registry.topic, "--no-key", "q.jsonl"], more].concat())
        };
        let file = ["--schema-file", "q.avsc", "--schema-reference", &reference];
        load(&[&file[..], &["--register"]].concat())
            .expect(0)
            .says("q.avsc is registered as version 1 (id ");
        load(&file).expect(0);
        load(&[]).expect(0).says(" version 1 (id ");
    }
}

#[test]
fn an_incompatible_field_is_named_even_if_the_registry_gives_no_reason() {
    for path in PATHS {
        let registry = Registry::at(path);
        let subject = registry.subject();
        let env = &registry.env;
        env.write("t.avsc", registry.schema(""));
        let first = registry.about_schemas("compat", &["t.avsc"]).expect(0);
        assert_eq!(
            first.stdout,
            format!("{subject} has no version yet: t.avsc would be the first\n")
        );
        registry.about_schemas("register", &["t.avsc"]).expect(0);
        registry.set_rule("BACKWARD");
        env.write(
            "bad.avsc",
            registry.schema(r#",{"name":"venue","type":"string"}"#),
        );
        let reason = "it cannot read data written with version 1: venue: the reader expects it, but the writer does \
                      not have it and it has no default\n";
        let bad = registry.about_schemas("compat", &["bad.avsc"]).expect(1);
        assert_eq!(
            bad.stdout,
            format!("bad.avsc is not compatible with the latest version of {subject} (BACKWARD)\n  {reason}")
        );
        registry
            .load(&["--schema-file", "bad.avsc", "--register"])
            .expect(4)
            .says("it was not registered\n")
            .says(reason);
        env.write(
            "good.avsc",
            registry.schema(r#",{"name":"venue","type":"string","default":"ASX"}"#),
        );
        registry
            .load(&["--schema-file", "good.avsc", "--register"])
            .expect(0)
            .says("good.avsc is registered as version 2 (id ");
    }
}
