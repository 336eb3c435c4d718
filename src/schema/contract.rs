//! What a data contract requires of writers: rules and tags.
//!
//! Confluent's registry returns them as `ruleSet` and `metadata` beside the schema, or within it as `confluent:rules`
//! and `confluent:tags` ("Data Contracts for Schema Registry"). None of them is applied here.

use serde_json::Value;

/// The rules and tags of a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DataContract {
    /// The rules in the registry's order, followed by those within the schema.
    pub rules: Vec<ContractRule>,
    /// The tags, by the fields that have them.
    pub tags: Vec<FieldTags>,
}

/// A rule of a data contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractRule {
    /// Its name; empty if it has none.
    pub name: String,
    /// Who executes it: `ENCRYPT`, `CEL`, `JSONATA`.
    pub rule_type: String,
    /// When it is applied: `WRITE`, `READ`, `WRITEREAD`, `UPGRADE`, `DOWNGRADE`, `UPDOWN`.
    pub mode: String,
    /// The tags of the fields to which it is applied; none if the rule itself names them.
    pub tags: Vec<String>,
    /// Whether it is disabled.
    pub is_disabled: bool,
    /// The list of the rule set that it is in, if that list is unknown: it is unknown when such rules are applied.
    pub unknown_list: Option<String>,
}

/// The tags of a field, or of the fields that match a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTags {
    /// The field's path, `Trade.buyer` or `**.buyer`.
    pub path: String,
    /// Its tags, such as `PII`.
    pub tags: Vec<String>,
}

impl ContractRule {
    /// Whether a writer must apply it. An unknown mode counts as one for writing, and so does an unknown list, whatever
    /// the mode.
    pub fn applies_to_writing(&self) -> bool {
        let is_of_others = ["READ", "UPGRADE", "DOWNGRADE", "UPDOWN"]
            .iter()
            .any(|mode| self.mode.eq_ignore_ascii_case(mode));
        !self.is_disabled && (self.unknown_list.is_some() || !is_of_others)
    }

    fn of(json: &Value) -> Self {
        let text = |name: &str| {
            json.get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            name: text("name"),
            rule_type: text("type"),
            mode: text("mode"),
            tags: texts(json.get("tags")),
            is_disabled: json.get("disabled") == Some(&Value::Bool(true)),
            unknown_list: None,
        }
    }

    /// A condition within the schema, which is an expression in CEL.
    fn within_schema(json: &Value) -> Self {
        Self {
            rule_type: "CEL".to_owned(),
            mode: "WRITE".to_owned(),
            ..Self::of(json)
        }
    }
}

impl DataContract {
    /// The contract in a registry's response, beside and within the schema.
    pub(super) fn of(answer: &Value, schema: &str) -> Self {
        let mut contract = Self::default();
        contract.add_rule_set(answer.get("ruleSet").unwrap_or(&Value::Null));
        let tags = answer.get("metadata").and_then(|metadata| metadata.get("tags"));
        for (path, listed) in tags.and_then(Value::as_object).into_iter().flatten() {
            contract.add_tags(path, listed);
        }
        // A schema that cannot be read is reported when it is used.
        if let Ok(schema) = serde_json::from_str(schema) {
            contract.add_those_within(&schema, "");
        }
        contract
    }

    /// The rules that a writer must apply.
    pub fn writing_rules(&self) -> impl Iterator<Item = &ContractRule> {
        self.rules.iter().filter(|rule| rule.applies_to_writing())
    }

    /// Adds the rules of the known lists, then those of all others.
    fn add_rule_set(&mut self, rule_set: &Value) {
        const KNOWN_LISTS: [&str; 3] = ["domainRules", "encodingRules", "migrationRules"];
        for list in KNOWN_LISTS {
            let listed = rule_set.get(list).map(rules_of).unwrap_or_default();
            self.rules.extend(listed.into_iter().map(ContractRule::of));
        }
        // It is a list instead of an object: it is unknown when its rules are applied.
        if rule_set.is_array() {
            self.add_unknown_list("ruleSet", rule_set);
        }
        for (list, listed) in rule_set.as_object().into_iter().flatten() {
            if KNOWN_LISTS.contains(&list.as_str()) {
                continue;
            }
            self.add_unknown_list(list, listed);
        }
    }

    fn add_unknown_list(&mut self, name: &str, listed: &Value) {
        let of_list = |rule| ContractRule {
            unknown_list: Some(name.to_owned()),
            ..ContractRule::of(rule)
        };
        self.rules.extend(rules_of(listed).into_iter().map(of_list));
    }

    fn add_tags(&mut self, path: &str, listed: &Value) {
        let tags = texts(Some(listed));
        if !tags.is_empty() {
            let path = path.to_owned();
            self.tags.push(FieldTags { path, tags });
        }
    }

    /// Adds the rules and tags of a type or a field at `path`, and of everything in it. serde_json limits the depth to
    /// 128 levels.
    fn add_those_within(&mut self, json: &Value, path: &str) {
        match json {
            Value::Array(branches) => branches
                .iter()
                .for_each(|branch| self.add_those_within(branch, path)),
            Value::Object(object) => {
                if let Some(rules) = object.get("confluent:rules").and_then(Value::as_array) {
                    self.rules.extend(rules.iter().map(ContractRule::within_schema));
                }
                if let Some(tags) = object.get("confluent:tags") {
                    self.add_tags(path, tags);
                }
                for inner in ["type", "items", "values"]
                    .iter()
                    .filter_map(|name| object.get(*name))
                {
                    self.add_those_within(inner, path);
                }
                let record = object.get("name").and_then(Value::as_str).unwrap_or_default();
                for field in object
                    .get("fields")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    let name = field.get("name").and_then(Value::as_str).unwrap_or_default();
                    self.add_those_within(field, &format!("{record}.{name}"));
                }
            }
            _ => {}
        }
    }
}

/// The rules of a list. An object in its place is treated as one rule; anything else, such as a time, is not a rule.
fn rules_of(list: &Value) -> Vec<&Value> {
    match list {
        Value::Array(rules) => rules.iter().collect(),
        Value::Object(rule) if !rule.is_empty() => vec![list],
        _ => Vec::new(),
    }
}

fn texts(json: Option<&Value>) -> Vec<String> {
    let listed = json.and_then(Value::as_array).into_iter().flatten();
    listed.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_and_tags_are_found_beside_the_schema_and_within_it() {
        let answer = json!({
            "metadata": {"tags": {"**.ssn": ["PII", "PRIVATE"], "**.none": []}, "properties": {"owner": "x"}},
            "ruleSet": {
                "migrationRules": [{"name": "up", "kind": "TRANSFORM", "type": "JSONATA", "mode": "UPGRADE"}],
                "domainRules": [
                    {"name": "encryptPII", "kind": "TRANSFORM", "type": "ENCRYPT", "mode": "WRITEREAD",
                     "tags": ["PII"], "params": {"encrypt.kek.name": "k"}, "onFailure": "ERROR,NONE"},
                    {"name": "positive", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "expr": "message.n > 0"},
                    {"name": "mask", "kind": "TRANSFORM", "type": "CEL_FIELD", "mode": "READ"},
                    {"name": "off", "kind": "CONDITION", "type": "CEL", "mode": "WRITE", "disabled": true},
                ],
                "encodingRules": [{"name": "payload", "type": "ENCRYPT_PAYLOAD", "mode": "WRITEREAD"}],
            }
        });
        let schema = r#"{"type": "record", "name": "Person", "confluent:rules": [{"name": "sane", "expr": "this.n < 9"}],
            "fields": [
                {"name": "n", "type": "int", "confluent:rules": [{"name": "age", "expr": "this >= 0"}]},
                {"name": "home", "type": ["null", {"type": "array", "items": {"type": "record", "name": "Home", "fields": [
                    {"name": "street", "type": "string", "confluent:tags": ["PII"]}]}}], "default": null}]}"#;
        let contract = DataContract::of(&answer, schema);
        let writing: Vec<(&str, &str)> = contract
            .writing_rules()
            .map(|rule| (rule.name.as_str(), rule.rule_type.as_str()))
            .collect();
        assert_eq!(
            writing,
            [
                ("encryptPII", "ENCRYPT"),
                ("positive", "CEL"),
                ("payload", "ENCRYPT_PAYLOAD"),
                ("sane", "CEL"),
                ("age", "CEL"),
            ]
        );
        assert_eq!(contract.rules.len(), 8);
        assert_eq!(contract.rules[0].tags, ["PII"]);
        let tags: Vec<String> = contract
            .tags
            .iter()
            .map(|field| format!("{} {}", field.path, field.tags.join(",")))
            .collect();
        assert_eq!(tags, ["**.ssn PII,PRIVATE", "Home.street PII"]);
    }

    #[test]
    fn the_rules_of_an_unknown_list_count_as_write_rules() {
        for (rule_set, names) in [
            (
                json!({"signingRules": [{"name": "sign", "mode": "WRITE"}]}),
                &["sign"][..],
            ),
            // The meaning of a mode is unknown there.
            (
                json!({"signingRules": [{"name": "check", "mode": "READ"}]}),
                &["check"],
            ),
            (json!({"signingRules": [{"name": "off", "disabled": true}]}), &[]),
            (json!({"signingRules": ["sign"]}), &[""]),
            (json!({"signingRules": {"sign": {"mode": "WRITE"}}}), &[""]),
            (json!({"domainRules": {"name": "one", "mode": "WRITE"}}), &["one"]),
            (
                json!({"signingRules": [], "otherRules": {}, "noRules": null}),
                &[],
            ),
            (
                json!([{"name": "listed", "mode": "READ"}, "other"]),
                &["listed", ""],
            ),
            (json!([]), &[]),
            (json!({"enableAt": 1_700_000_000_000_u64}), &[]),
        ] {
            let contract = DataContract::of(&json!({ "ruleSet": rule_set }), "{");
            let found: Vec<&str> = contract.writing_rules().map(|rule| rule.name.as_str()).collect();
            assert_eq!(found, names, "{rule_set}");
        }
    }

    #[test]
    fn a_rule_with_an_unknown_mode_counts_as_a_write_rule() {
        for (mode, applies) in [
            (json!({}), true),
            (json!({"mode": "write"}), true),
            (json!({"mode": "SIGN"}), true),
            (json!({"mode": "Read"}), false),
            (json!({"mode": "UPDOWN"}), false),
        ] {
            assert_eq!(ContractRule::of(&mode).applies_to_writing(), applies, "{mode}");
        }
        assert_eq!(
            DataContract::of(&json!({"ruleSet": null}), "{"),
            DataContract::default()
        );
    }
}
