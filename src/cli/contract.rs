//! Write rules of a data contract: a run is refused, or continues without them if that is chosen.

use super::exit::Exit;
use super::failure::Failure;
use super::messages;
use super::settings::UnappliedRules;
use crate::schema::{ContractRule, DataContract, RegisteredSchema, printable};

/// Further rules are only counted.
const MAX_NAMED: usize = 10;

/// Fails if `schema` has write rules, or warns that they are ignored.
pub(super) fn check(schema: &RegisteredSchema, choice: UnappliedRules) -> Result<(), Failure> {
    let Some(rules) = writing_rules(&schema.contract) else {
        return Ok(());
    };
    let version = schema
        .version
        .map_or_else(String::new, |version| format!(" version {version}"));
    let holder = format!("{}{version}", printable(&schema.subject, 200));
    match choice {
        UnappliedRules::Refuse => {
            let message = format!(
                "{holder} has write rules, which k2-produce does not apply: {rules}; nothing is published"
            );
            Err(Failure::new(Exit::Unavailable, message).with_hint(Some(
                "publish with a client that applies them, or pass `--ignore-rules` to publish without them: values \
                 that they \
                 would encrypt are then readable, and rows that they would reject are on the topic",
            )))
        }
        UnappliedRules::Ignore => {
            messages::line(&format!(
                "warning: {holder} has write rules, which are ignored: {rules}"
            ));
            Ok(())
        }
    }
}

/// The write rules in words, if there are any.
fn writing_rules(contract: &DataContract) -> Option<String> {
    let rules: Vec<&ContractRule> = contract.writing_rules().collect();
    if rules.is_empty() {
        return None;
    }
    let mut named: Vec<String> = rules.iter().take(MAX_NAMED).map(|rule| describe(rule)).collect();
    if rules.len() > MAX_NAMED {
        named.push(format!("and {} more", rules.len() - MAX_NAMED));
    }
    Some(named.join(", "))
}

/// `` `encryptPII` (ENCRYPT, fields tagged PII) ``.
fn describe(rule: &ContractRule) -> String {
    let name = match rule.name.as_str() {
        "" => "a rule without a name".to_owned(),
        name => format!("`{}`", printable(name, 100)),
    };
    let mut remarks = vec![printable(&rule.rule_type, 40)];
    if !rule.tags.is_empty() {
        remarks.push(format!("fields tagged {}", printable(&rule.tags.join(", "), 100)));
    }
    if let Some(list) = &rule.unknown_list {
        remarks.push(format!("in the unknown list `{}`", printable(list, 100)));
    }
    remarks.retain(|remark| !remark.is_empty());
    match remarks.is_empty() {
        true => name,
        false => format!("{name} ({})", remarks.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, rule_type: &str, tags: &[&str]) -> ContractRule {
        ContractRule {
            name: name.to_owned(),
            rule_type: rule_type.to_owned(),
            mode: "WRITE".to_owned(),
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
            is_disabled: false,
            unknown_list: None,
        }
    }

    #[test]
    fn rules_are_listed_with_their_type_and_further_ones_are_counted() {
        let contract = |rules| DataContract {
            rules,
            ..DataContract::default()
        };
        assert_eq!(writing_rules(&contract(Vec::new())), None);
        let two = vec![rule("a\u{1b}", "ENCRYPT", &["PII", "X"]), rule("", "CEL", &[])];
        assert_eq!(
            writing_rules(&contract(two)).unwrap(),
            "`a\\x1b` (ENCRYPT, fields tagged PII, X), a rule without a name (CEL)"
        );
        let many = vec![rule("r", "", &[]); 12];
        let words = writing_rules(&contract(many)).unwrap();
        assert!(words.ends_with("`r`, and 2 more"), "{words}");
    }
}
