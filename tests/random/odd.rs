//! Schemas that are invalid, exceed a limit, or have a root other than a record.

use crate::hostile;
use crate::random::Random;

const SCHEMAS: [&str; 14] = [
    "",
    "null",
    "[]",
    "\"string\"",
    r#"["null","long"]"#,
    r#"["null",{"type":"record","name":"R","fields":[{"name":"symbol","type":"string"}]}]"#,
    r#"{"type":"map","values":"double"}"#,
    r#"{"type":"fixed","name":"F","size":-1}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"next","type":"R"}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a\u001b","type":"int"},{"name":"a","type":"int"}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"\u001b[2J"}]}"#,
    r#"{"type":"record","name":"R","doc":"\u001b]0;t\u0007","fields":[{"name":"a","type":"string","doc":"\u202e","default":"\u001b[2J"}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2147483647}}]}"#,
    r#"{"type":"record","name":"R","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":16777216}}]}"#,
];

/// One of these schemas, a deeply nested one, or `schema` with some bytes changed.
pub(crate) fn schema(random: &mut Random, schema: &str) -> Vec<u8> {
    match random.u32(..4) {
        0 => random.one_of(&SCHEMAS).as_bytes().to_vec(),
        1 => {
            let depth = random.one_of(&[10, 62, 63, 64, 3000]);
            let open = r#"{"type":"array","items":"#.repeat(depth);
            let close = "}".repeat(depth);
            let field = format!(r#"{{"name":"f","type":{open}"int"{close}}}"#);
            format!(r#"{{"type":"record","name":"R","fields":[{field}]}}"#).into_bytes()
        }
        _ => {
            let mut bytes = schema.as_bytes().to_vec();
            hostile::mangle(random, &mut bytes);
            bytes
        }
    }
}
