//! Limits of a datum, checked before it is decoded: a few bytes of a recursive schema or of an array of nulls could
//! otherwise exhaust the stack or the memory.

use crate::schema::{AvroSchema, Base, TypeId};

/// The maximum number of types nested in each other; a row may have 128 levels of JSON, each in a union.
const MAX_DEPTH: usize = 512;
/// The maximum number of items without a size, such as nulls.
const MAX_EMPTY_ITEMS: usize = 1 << 20;

/// # Errors
/// The datum exceeds a limit. Whether it is a datum of the schema at all is left to the decoder.
pub(super) fn check(schema: &AvroSchema, datum: &[u8]) -> Result<(), String> {
    let mut walk = Walk {
        schema,
        rest: datum,
        items: datum.len() + MAX_EMPTY_ITEMS,
    };
    match walk.value(schema.root(), 0) {
        Err(Stop::Exceeded(reason)) => Err(reason.to_owned()),
        Ok(()) | Err(Stop::NoDatum) => Ok(()),
    }
}

/// Finds where each field of a datum ends, if the schema is a record; returns whether the bytes are a datum of it.
pub(super) fn field_ends(schema: &AvroSchema, datum: &[u8], ends: &mut Vec<usize>) -> bool {
    ends.clear();
    let Some(fields) = schema.fields(schema.root()) else {
        return false;
    };
    let mut walk = Walk {
        schema,
        rest: datum,
        items: datum.len() + MAX_EMPTY_ITEMS,
    };
    for field in fields {
        if walk.value(field.type_id, 1).is_err() {
            return false;
        }
        ends.push(datum.len() - walk.rest.len());
    }
    walk.rest.is_empty()
}

/// Why the walk over a datum ends early.
enum Stop {
    /// It exceeds a limit.
    Exceeded(&'static str),
    /// It is not a datum of the schema.
    NoDatum,
}

struct Walk<'w> {
    schema: &'w AvroSchema,
    rest: &'w [u8],
    /// How many more items there may be.
    items: usize,
}

impl<'w> Walk<'w> {
    fn value(&mut self, id: TypeId, depth: usize) -> Result<(), Stop> {
        if depth == MAX_DEPTH {
            return Err(Stop::Exceeded("it has too many levels"));
        }
        let schema: &'w AvroSchema = self.schema;
        match &schema.get(id).base {
            Base::Null => Ok(()),
            Base::Boolean => self.skip(1),
            Base::Int | Base::Long | Base::Enum { .. } => self.long().map(drop),
            Base::Float => self.skip(4),
            Base::Double => self.skip(8),
            Base::Bytes | Base::String => {
                let length = self.long()?;
                self.skip(usize::try_from(length).map_err(|_| Stop::NoDatum)?)
            }
            Base::Fixed { size, .. } => self.skip(*size),
            Base::Union(branches) => {
                let branch = usize::try_from(self.long()?).map_err(|_| Stop::NoDatum)?;
                self.value(*branches.get(branch).ok_or(Stop::NoDatum)?, depth + 1)
            }
            Base::Record { fields, .. } => fields
                .iter()
                .try_for_each(|field| self.value(field.type_id, depth + 1)),
            Base::Array(items) => self.blocks(|walk| walk.value(*items, depth + 1)),
            Base::Map(values) => self.blocks(|walk| {
                let length = walk.long()?;
                walk.skip(usize::try_from(length).map_err(|_| Stop::NoDatum)?)?;
                walk.value(*values, depth + 1)
            }),
        }
    }

    /// The items of an array or a map (Avro 1.12, "Binary Encoding").
    fn blocks(&mut self, item: impl Fn(&mut Self) -> Result<(), Stop>) -> Result<(), Stop> {
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            if count < 0 {
                // The size of the block in bytes.
                self.long()?;
            }
            for _ in 0..count.unsigned_abs() {
                self.items = self
                    .items
                    .checked_sub(1)
                    .ok_or(Stop::Exceeded("it has too many items"))?;
                item(self)?;
            }
        }
    }

    fn skip(&mut self, bytes: usize) -> Result<(), Stop> {
        self.rest = self.rest.get(bytes..).ok_or(Stop::NoDatum)?;
        Ok(())
    }

    /// An int or a long: zigzag, seven bits per byte, lowest first.
    fn long(&mut self) -> Result<i64, Stop> {
        let mut bits = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.rest.split_first().ok_or(Stop::NoDatum)?;
            self.rest = rest;
            bits |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok((bits >> 1) as i64 ^ -((bits & 1) as i64));
            }
        }
        Err(Stop::NoDatum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::RegisteredSchema;

    fn checked(schema: &str, datum: &[u8]) -> Result<(), String> {
        check(&RegisteredSchema::from_text("t", schema).unwrap().avro, datum)
    }

    #[test]
    fn deep_and_long_data_are_refused() {
        let node = r#"{"type":"record","name":"Node","fields":[{"name":"next","type":["null","Node"]}]}"#;
        let deep = |levels: usize| [vec![2; levels], vec![0]].concat();
        assert_eq!(checked(node, &deep(200)), Ok(()));
        assert_eq!(
            checked(node, &deep(1_000_000)),
            Err("it has too many levels".to_owned())
        );
        let nulls = r#"{"type":"array","items":"null"}"#;
        assert_eq!(checked(nulls, &[6, 0]), Ok(()));
        let many = [0xfe, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
        assert_eq!(checked(nulls, &many), Err("it has too many items".to_owned()));
    }

    #[test]
    fn the_end_of_each_type_is_found() {
        let schema = r#"{"type":"record","name":"R","fields":[
            {"name":"a","type":{"type":"map","values":["null","long"]}},
            {"name":"b","type":{"type":"fixed","name":"F","size":2}},{"name":"c","type":"double"},
            {"name":"d","type":{"type":"array","items":"null"}}]}"#;
        // A block of one entry with its size, then the end of the map; the array has more nulls than are allowed.
        let mut datum = vec![1, 8, 2, b'k', 2, 7, 0];
        datum.extend([0; 10]);
        datum.extend([0xfe, 0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert_eq!(checked(schema, &datum), Err("it has too many items".to_owned()));
        assert_eq!(
            checked(schema, &datum[..9]),
            Ok(()),
            "the decoder reports that it is incomplete"
        );
    }
}
