//! Any text in place of a schema, and schemas drawn from the bytes with changes: what is accepted, apache-avro accepts too
//! (but for its differences from the specification), and rows can be encoded with it or it is refused.

use k2_produce::encode::{KeyChoice, MessagePlan, PlanSettings, unfit_defaults};
use k2_produce::mapping::Mapping;
use k2_produce::schema::RegisteredSchema;

use crate::pairs::Case;
use crate::random::Random;
use crate::rows::is_known;

pub(crate) fn run(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    if first % 4 == 0 {
        if let Ok(text) = std::str::from_utf8(rest) {
            check(text);
        }
        return;
    }
    let mut random = Random::of(rest);
    let case = Case::draw(&mut random);
    let text = random.changed(case.text.as_bytes());
    if let Ok(text) = std::str::from_utf8(&text) {
        check(text);
    }
}

fn check(text: &str) {
    let schema = match RegisteredSchema::from_text("schema-value", text) {
        Ok(schema) => schema,
        Err(error) => return crate::assert_message(&error.to_string()),
    };
    _ = unfit_defaults(&schema.avro);
    if let Err(error) = apache_avro::Schema::parse_str(text) {
        let error = error.to_string();
        // A default of a double may have any number of digits; the default of an enum and aliases are not used; names are
        // looked up outside of their namespace too.
        let is_other = [
            "as it's too large",
            "is not among allowed symbols",
            "Unknown primitive type: ",
        ];
        let is_alias = text.contains("aliases") && error.contains("Invalid schema name");
        let is_known = is_known(&error) || is_alias || is_other.iter().any(|other| error.contains(other));
        assert!(is_known, "apache-avro rejects it: {error}\n{text}");
    }
    let binding = match Mapping::default().bind_keys(&schema) {
        Ok(binding) => binding,
        Err(error) => return crate::assert_message(&error.to_string()),
    };
    if let Err(error) = MessagePlan::compile(&binding, &PlanSettings::new(KeyChoice::Default)) {
        crate::assert_message(&error.to_string());
    }
}
