//! Whether values written with one schema can be read with another (Avro 1.12, "Schema Resolution"), and if not, why.
//!
//! It finds the reason that some registries do not give; the registry decides. As in the registry's comparison, which
//! is Java's, names are compared without their namespaces, and logical types are not compared.

use std::collections::HashSet;

use super::{AvroSchema, Base, TypeId};
use crate::schema::printable::printable;

impl AvroSchema {
    /// Why this schema, as the reader schema, cannot read all values of `writer`, with the field; none if it can.
    pub fn cannot_read(&self, writer: &AvroSchema) -> Option<String> {
        let mut comparison = Comparison {
            reader: self,
            writer,
            seen: HashSet::new(),
        };
        let unreadable = comparison.compare(self.root, writer.root).err()?;
        Some(match unreadable.path.as_str() {
            "" => unreadable.why,
            path => format!("{}: {}", printable(path, 200), unreadable.why),
        })
    }
}

struct Comparison<'a> {
    reader: &'a AvroSchema,
    writer: &'a AvroSchema,
    /// Pairs that have been compared, or are being compared.
    seen: HashSet<(TypeId, TypeId)>,
}

struct Unreadable {
    /// The field, such as `leg.price`; empty for the root type.
    path: String,
    why: String,
}

impl Unreadable {
    fn new(why: String) -> Self {
        let path = String::new();
        Self { path, why }
    }

    fn within(mut self, step: &str) -> Self {
        self.path = match self.path.as_str() {
            "" => step.to_owned(),
            path if path.starts_with('[') || path.starts_with('{') => format!("{step}{path}"),
            path => format!("{step}.{path}"),
        };
        self
    }
}

impl Comparison<'_> {
    fn compare(&mut self, reader: TypeId, writer: TypeId) -> Result<(), Unreadable> {
        if !self.seen.insert((reader, writer)) {
            return Ok(());
        }
        let compared = self.compare_types(reader, writer);
        if compared.is_err() {
            // It may occur again as a branch of a union.
            self.seen.remove(&(reader, writer));
        }
        compared
    }

    fn compare_types(&mut self, reader: TypeId, writer: TypeId) -> Result<(), Unreadable> {
        let (reads, writes) = (&self.reader.get(reader).base, &self.writer.get(writer).base);
        match (reads, writes) {
            (_, Base::Union(branches)) => branches
                .iter()
                .try_for_each(|branch| self.compare(reader, *branch)),
            (Base::Union(branches), _) => match branches
                .iter()
                .any(|branch| self.compare(*branch, writer).is_ok())
            {
                true => Ok(()),
                false => Err(self.other_type(reader, writer)),
            },
            (Base::Array(reads), Base::Array(writes)) => {
                self.compare(*reads, *writes).map_err(|found| found.within("[]"))
            }
            (Base::Map(reads), Base::Map(writes)) => {
                self.compare(*reads, *writes).map_err(|found| found.within("{}"))
            }
            (Base::Fixed { size: reads, .. }, Base::Fixed { size: writes, .. }) if reads != writes => {
                Err(Unreadable::new(format!(
                    "the reader expects {reads} bytes, but the writer has {writes}"
                )))
            }
            (Base::Enum { symbols, default, .. }, Base::Enum { symbols: written, .. }) => {
                self.check_name(reader, writer)?;
                match written.iter().find(|symbol| !symbols.contains(symbol)) {
                    Some(symbol) if default.is_none() => Err(Unreadable::new(format!(
                        "the writer's symbol `{}` is not one of the reader's, which has no default",
                        printable(symbol, 100)
                    ))),
                    _ => Ok(()),
                }
            }
            (Base::Record { .. }, Base::Record { .. }) => self.compare_records(reader, writer),
            (Base::Fixed { .. }, Base::Fixed { .. }) => self.check_name(reader, writer),
            (reads, writes) if reads == writes || is_promotion(reads, writes) => Ok(()),
            _ => Err(self.other_type(reader, writer)),
        }
    }

    fn compare_records(&mut self, reader: TypeId, writer: TypeId) -> Result<(), Unreadable> {
        self.check_name(reader, writer)?;
        let (schema, written) = (self.reader, self.writer);
        let written = written.fields(writer).unwrap_or(&[]);
        for field in schema.fields(reader).unwrap_or(&[]) {
            let by = |name: &String| written.iter().find(|other| other.name == *name);
            let name = printable(&field.name, 100);
            match by(&field.name).or_else(|| field.aliases.iter().find_map(by)) {
                Some(other) => self
                    .compare(field.type_id, other.type_id)
                    .map_err(|found| found.within(&name))?,
                None if field.default.is_some() => {}
                None => {
                    let why = "the reader expects it, but the writer does not have it and it has no default";
                    return Err(Unreadable::new(why.to_owned()).within(&name));
                }
            }
        }
        Ok(())
    }

    fn check_name(&self, reader: TypeId, writer: TypeId) -> Result<(), Unreadable> {
        let (reads, writes) = (self.reader.branch_name(reader), self.writer.branch_name(writer));
        let is_alias = self
            .reader
            .get(reader)
            .aliases
            .iter()
            .any(|alias| alias == writes);
        if short(reads) == short(writes) || is_alias {
            return Ok(());
        }
        Err(Unreadable::new(format!(
            "the reader expects `{}`, but the writer has `{}`",
            printable(reads, 100),
            printable(writes, 100)
        )))
    }

    fn other_type(&self, reader: TypeId, writer: TypeId) -> Unreadable {
        let reads = self.reader.describe(reader).to_string();
        let writes = self.writer.describe(writer).to_string();
        Unreadable::new(format!(
            "the reader expects {}, but the writer has {}",
            printable(&reads, 200),
            printable(&writes, 200)
        ))
    }
}

fn is_promotion(reader: &Base, writer: &Base) -> bool {
    matches!(
        (reader, writer),
        (Base::Long | Base::Float | Base::Double, Base::Int)
            | (Base::Float | Base::Double, Base::Long)
            | (Base::Double, Base::Float)
            | (Base::String, Base::Bytes)
            | (Base::Bytes, Base::String)
    )
}

fn short(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, short)| short)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cannot_read(reader: &str, writer: &str) -> Option<String> {
        let parse = |text: &str| AvroSchema::parse(text, &[]).unwrap();
        parse(reader).cannot_read(&parse(writer))
    }

    fn record(fields: &str) -> String {
        format!(
            r#"{{"type": "record", "name": "T", "namespace": "n", "fields": [
                {{"name": "next", "type": ["null", "T"], "default": null}}{fields}]}}"#
        )
    }

    #[test]
    fn schemas_that_the_rules_can_resolve_have_no_fault() {
        let field = |json: &str| record(&format!(",{json}"));
        for (reader, writer) in [
            (record(""), field(r#"{"name": "gone", "type": "int"}"#)),
            (
                field(r#"{"name": "new", "type": "int", "default": 0}"#),
                record(""),
            ),
            (
                field(r#"{"name": "new", "type": "int", "aliases": ["old"]}"#),
                field(r#"{"name": "old", "type": "int"}"#),
            ),
            (record("").replace(r#""n""#, r#""m""#), record("")),
            (
                record("")
                    .replace(r#""name": "T""#, r#""name": "U", "aliases": ["T"]"#)
                    .replace(r#""null", "T""#, r#""null", "U""#),
                record(""),
            ),
            (r#"["null", "long"]"#.into(), r#""int""#.into()),
            (r#""double""#.into(), r#"["int", "float"]"#.into()),
            (r#""bytes""#.into(), r#""string""#.into()),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["A"], "default": "A"}"#.into(),
                r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#.into(),
            ),
        ] {
            assert_eq!(cannot_read(&reader, &writer), None, "{reader} {writer}");
        }
    }

    #[test]
    fn schemas_that_cannot_be_resolved_are_named_with_the_field() {
        let leg = |name: &str, price: &str| {
            record(&format!(
                r#",{{"name": "legs", "type": {{"type": "array", "items": {{"type": "record", "name": "{name}",
                    "fields": [{{"name": "price", "type": {price}}}]}}}}}}"#
            ))
        };
        for (reader, writer, why) in [
            (
                record(r#",{"name": "new", "type": "int"}"#),
                record(""),
                "new: the reader expects it, but the writer does not have it and it has no default",
            ),
            (
                leg("Leg", r#""int""#),
                leg("Leg", r#""long""#),
                "legs[].price: the reader expects int, but the writer has long",
            ),
            (
                leg("Leg", r#"["null", "int"]"#),
                leg("Leg", r#"["null", "string"]"#),
                "legs[].price: the reader expects int or null, but the writer has string",
            ),
            (
                leg("Leg", r#""int""#),
                leg("Part", r#""int""#),
                "legs[]: the reader expects `n.Leg`, but the writer has `n.Part`",
            ),
            (
                r#"{"type": "enum", "name": "E", "symbols": ["A"]}"#.into(),
                r#"{"type": "enum", "name": "E", "symbols": ["A", "B"]}"#.into(),
                "the writer's symbol `B` is not one of the reader's, which has no default",
            ),
            (
                r#"{"type": "fixed", "name": "F", "size": 2}"#.into(),
                r#"{"type": "fixed", "name": "F", "size": 3}"#.into(),
                "the reader expects 2 bytes, but the writer has 3",
            ),
            (
                r#"{"type": "map", "values": "int"}"#.into(),
                r#"{"type": "map", "values": "string"}"#.into(),
                "{}: the reader expects int, but the writer has string",
            ),
        ] {
            assert_eq!(cannot_read(&reader, &writer).as_deref(), Some(why));
        }
    }
}
