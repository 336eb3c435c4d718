//! Whether values of a schema can end: a record that must contain itself has no values.

use super::{AvroSchema, Base, TypeId};
use crate::schema::printable::printable;

/// The fault of the first record without values.
pub(super) fn record_without_end(schema: &AvroSchema) -> Option<String> {
    let mut ends = vec![false; schema.types.len()];
    // Types with finite values are found step by step, starting with types that contain no others; the remaining types
    // have none. A type usually precedes those that it contains, so one backwards round is nearly always enough.
    loop {
        let mut changed = false;
        for index in (0..ends.len()).rev() {
            if !ends[index] && ends_given(schema, TypeId(index), &ends) {
                ends[index] = true;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let (name, fields) = schema
        .types
        .iter()
        .zip(&ends)
        .find_map(|(found, ends)| match &found.base {
            Base::Record { name, fields } if !ends => Some((name, fields)),
            _ => None,
        })?;
    let field = fields.iter().find(|field| !ends[field.type_id.0])?;
    Some(format!(
        "record `{}` has no finite value: field `{}` contains it again without a null, array or map in between",
        printable(name, 100),
        printable(&field.name, 100)
    ))
}

fn ends_given(schema: &AvroSchema, id: TypeId, ends: &[bool]) -> bool {
    match &schema.get(id).base {
        Base::Record { fields, .. } => fields.iter().all(|field| ends[field.type_id.0]),
        Base::Union(branches) => branches.is_empty() || branches.iter().any(|branch| ends[branch.0]),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record `x.Node` with one field.
    fn node(field: &str) -> Result<AvroSchema, String> {
        let text = format!(r#"{{"type": "record", "name": "Node", "namespace": "x", "fields": [{field}]}}"#);
        AvroSchema::parse(&text, &[]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_record_may_contain_itself_through_a_union_an_array_or_a_map() {
        for field in [
            r#"{"name": "next", "type": ["null", "Node"], "default": null}"#,
            r#"{"name": "next", "type": ["x.Node", "null"]}"#,
            r#"{"name": "children", "type": {"type": "array", "items": "Node"}, "default": []}"#,
            r#"{"name": "children", "type": {"type": "map", "values": "Node"}, "default": {}}"#,
        ] {
            assert!(node(field).is_ok(), "{field}");
        }
    }

    #[test]
    fn a_record_that_must_contain_itself_is_refused() {
        for field in [
            r#"{"name": "next", "type": "Node"}"#,
            r#"{"name": "next", "type": "x.Node"}"#,
            r#"{"name": "next", "type": {"type": "Node"}}"#,
            r#"{"name": "next", "type": ["Node"]}"#,
            r#"{"name": "next", "type": {"type": "record", "name": "Other", "fields": [{"name": "back", "type": "Node"}]}}"#,
        ] {
            let error = node(field).unwrap_err();
            assert!(error.starts_with("record `x."), "{error}");
        }
    }

    #[test]
    fn a_long_chain_of_records_is_checked_in_few_rounds() {
        let mut fields =
            vec![r#"{"name": "f0", "type": {"type": "record", "name": "R0", "fields": []}}"#.to_string()];
        for number in 1..20_000 {
            fields.push(format!(
                r#"{{"name": "f{number}", "type": {{"type": "record", "name": "R{number}", "fields": [
                    {{"name": "f", "type": "R{}", "default": {{}}}}]}}}}"#,
                number - 1
            ));
        }
        // One round per record would take minutes.
        node(&fields.join(",")).unwrap();
    }
}
